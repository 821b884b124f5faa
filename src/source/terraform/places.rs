//! Where the properties of a resource stand in the configuration that declares it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::Built;
use super::hcl::{Sources, Written};
use super::map;
use super::mapping::{Field, How, Target};
use super::plan::Instance;
use crate::model::{Origin, Place};

/// The origin of a resource: its block where the sources have it, else the plan.
pub(super) fn origin(built: &Built, instances: &[Instance], sources: &Sources, plan: &Arc<str>) -> Origin {
    let Some(instance) = instances.get(built.instance) else { return Origin::default() };
    let logical_id = instance.address.clone();
    let Some(declaration) = sources.of(instance) else {
        return Origin { file: plan.clone(), logical_id, ..Origin::default() };
    };
    let mut places = BTreeMap::new();
    for mapping in map::of(&instance.kind) {
        if matches!(mapping.target, Target::Resource(_)) {
            collect(mapping.fields, &declaration.body, "", &mut places);
        }
    }
    for part in &built.parts {
        // A finding is in one file.
        let Some(instance) = instances.get(part.instance) else { continue };
        let Some(of_part) = sources.of(instance).filter(|of_part| of_part.file == declaration.file) else { continue };
        let name = part.item.map_or_else(|| part.property.to_string(), |item| format!("{}[{item}]", part.property));
        if part.item.is_none() {
            for mapping in map::of(&instance.kind) {
                collect(mapping.fields, &of_part.body, "", &mut places);
            }
        }
        places.extend(of_part.body.place.map(|place| (name, place)));
    }
    Origin {
        file: declaration.file.clone(),
        text: Some(declaration.text.clone()),
        logical_id,
        place: declaration.body.place,
        places: Arc::new(places),
        ..Origin::default()
    }
}

/// The places of arguments under the paths of the properties that they become. Of several blocks a plan does not tell
/// which is which, so that the first stands for all.
fn collect(fields: &[Field], body: &Written, prefix: &str, into: &mut BTreeMap<String, Place>) {
    for field in fields.iter().filter(|field| !field.to.is_empty()) {
        let to = format!("{prefix}{}", field.to);
        match &field.how {
            How::Block(inner) if field.from.is_empty() => collect(inner, body, &format!("{to}."), into),
            How::Blocks(inner) if field.from.is_empty() => collect(inner, body, &format!("{to}[0]."), into),
            How::Block(inner) | How::Blocks(inner) => {
                let list = matches!(field.how, How::Blocks(_));
                let blocks = body.blocks(field.from);
                into.extend(blocks.first().and_then(|block| block.place).map(|place| (to.clone(), place)));
                if let [only] = blocks {
                    collect(inner, only, &format!("{to}{}.", if list { "[0]" } else { "" }), into);
                }
            }
            _ if field.from.is_empty() => {}
            _ => into.extend(body.at(field.from).map(|place| (to, place))),
        }
    }
}
