"""The few parts of Terraform's language that same_plan_resources.py uses, as values and as text."""

import json

INDENT = "  "


class Unknown:
    """What is known only after the apply."""


UNKNOWN = Unknown()


class Ref:
    """A reference to an attribute: `aws_vpc.vpc.id`."""

    def __init__(self, text):
        self.address, self.attribute = text.rsplit(".", 1)

    def __str__(self):
        return f"{self.address}.{self.attribute}"


class Text:
    """A text with references in it."""

    def __init__(self, *parts):
        self.parts = parts


class Encoded:
    """`jsonencode(…)`."""

    def __init__(self, value):
        self.value = value


class Blocks(list):
    """Nested blocks of one name."""


def fill(value, look_up):
    """The value, with references replaced by what they have while planning."""
    if isinstance(value, Ref):
        return look_up(value)
    if isinstance(value, Text):
        parts = [fill(part, look_up) for part in value.parts]
        return UNKNOWN if UNKNOWN in parts else "".join(parts)
    if isinstance(value, Encoded):
        filled = fill(value.value, look_up)
        waits = "true" in json.dumps(mask(filled, True))
        return UNKNOWN if waits else json.dumps(filled, sort_keys=True, separators=(",", ":"))
    if isinstance(value, dict):
        return {key: fill(part, look_up) for key, part in value.items()}
    return [fill(part, look_up) for part in value] if isinstance(value, list) else value


def known(value):
    """The value without what is unknown: left out of objects, null in lists."""
    if isinstance(value, dict):
        return {key: known(part) for key, part in sorted(value.items()) if part is not UNKNOWN}
    if isinstance(value, list):
        return [None if part is UNKNOWN else known(part) for part in value]
    return value


def mask(value, unknown):
    """The shape of a value with `true` for what is unknown, or without any as nothing here is sensitive."""
    if isinstance(value, dict):
        parts = {key: mask(part, unknown) for key, part in sorted(value.items())}
        return {key: part for key, part in parts.items() if part is not False}
    if isinstance(value, list):
        return [mask(part, unknown) for part in value]
    return unknown and value is UNKNOWN


def render(address, arguments):
    """A resource or data source as the configuration writes it."""
    *mode, kind, name = address.split(".")
    head = f'{"data" if mode else "resource"} "{kind}" "{name}"'
    if not arguments:
        return f"\n{head} {{}}\n"
    return f"\n{head} {{\n{body(arguments, 1)}}}\n"


def body(arguments, depth):
    pad, lines, run = INDENT * depth, [], []

    def flush():
        width = max((len(name) for name, _ in run), default=0)
        lines.extend(f"{pad}{name:{width}} = {text}\n" for name, text in run)
        run.clear()

    for name, value in arguments.items():
        if isinstance(value, Blocks):
            flush()
            for block in value:
                gap = "\n" if lines else ""
                inside = f"\n{body(block, depth + 1)}{pad}" if block else ""
                lines.append(f"{gap}{pad}{name} {{{inside}}}\n")
            continue
        text = f"[{', '.join(value)}]" if name == "depends_on" else expression(value, depth)
        if "\n" in text:
            flush()
            lines.append(f"{pad}{name} = {text}\n")
        else:
            run.append((name, text))
    flush()
    return "".join(lines)


def expression(value, depth):
    pad = INDENT * (depth + 1)
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, Text):
        return '"' + "".join(f"${{{part}}}" if isinstance(part, Ref) else part for part in value.parts) + '"'
    if isinstance(value, Encoded):
        return f"jsonencode({expression(value.value, depth)})"
    if isinstance(value, dict):
        return "{\n" + body(value, depth + 1) + INDENT * depth + "}"
    if isinstance(value, list):
        parts = [expression(part, depth) for part in value]
        if any("\n" in part for part in parts):
            parts = [expression(part, depth + 1) for part in value]
            return "[\n" + "".join(f"{pad}{part},\n" for part in parts) + INDENT * depth + "]"
        return f"[{', '.join(parts)}]"
    return json.dumps(value)
