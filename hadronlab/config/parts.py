"""Parts that choices of a group add by name, such as loss.asymptotic, and how one is chosen that is not there."""

from __future__ import annotations

from collections.abc import Iterable

from hadronlab.config.groups import choices, content_of, holds_parts


def parts_of(group: str, choice: str) -> set[str]:
    """Names of the parts that a shipped choice adds, itself and by the choices of its group on which it builds."""
    content = content_of(group, choice)
    own = {name for name, part in content.items() if name != "defaults" and part is not None}
    below = [base for base in content.get("defaults", []) if base in choices(group)]
    return own.union(*(parts_of(group, base) for base in below))


def known_parts(group: str) -> set[str]:
    """Names of all parts that any shipped choice of a group adds; none of a group whose choice is one class."""
    return (
        set().union(*(parts_of(group, choice) for choice in choices(group))) if holds_parts(group) else set()
    )


def not_chosen(group: str, part: str, present: Iterable[str]) -> str | None:
    """What to say of a setting of `part` where only the parts `present` are chosen; None where no choice adds it.

    A choice that also has what is present replaces it; another one stands beside the default in a list.
    """
    there = set(present)
    if not holds_parts(group) or part in there:
        return None
    adding = [choice for choice in choices(group) if part in parts_of(group, choice)]
    whole = [choice for choice in adding if there <= parts_of(group, choice)]
    if whole:
        found = " or ".join(whole)
    elif adding and "default" in choices(group):
        found = " or ".join(f"[default,{choice}]" for choice in adding)
    elif adding:
        return f"{group}.{part} is not chosen: it is a part of {group}={' or '.join(adding)}"
    else:
        return None
    return f"{group}.{part} is not chosen: {group}={found} adds it"
