//! `govcheck collect`: accounts to inventories in a bundle, to be judged elsewhere.

use super::fleet::{Rules, scan_into};
use super::{AppError, Context, print};
use crate::cli::CollectArgs;
use crate::exit::Exit;

pub(super) fn run(args: &CollectArgs, context: Context) -> Result<Exit, AppError> {
    let rules = Rules::load(&args.rules)?;
    let (bundle, _) = scan_into(&args.bundle, args.fresh, &args.fleet, &args.asking, &rules, context)?;
    let mut gaps = 0;
    for id in bundle.accounts() {
        gaps += bundle.read_account(&id)?.inventory.gaps.len();
    }
    let (accounts, dir) = (bundle.accounts().len(), bundle.dir().display().to_string());
    let dir = crate::model::visible(&dir);
    print(&context.lang.pick(
        format!("{accounts} accounts in {dir}, {gaps} gaps; judge them with `govcheck scan --from {dir}`\n"),
        format!("{dir} に {accounts} アカウントを収集（未確認 {gaps} 件）。判定は `govcheck scan --from {dir}`\n"),
    ))?;
    Ok(if bundle.manifest.interrupted {
        Exit::Interrupted
    } else if gaps > 0 {
        Exit::Unknown
    } else {
        Exit::Compliant
    })
}
