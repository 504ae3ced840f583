"""What the installed product is made of: a CycloneDX list with licences, from the metadata of the installed packages.

    python scripts/sbom.py > sbom.json        # CycloneDX 1.6
    python scripts/sbom.py --licences         # a table: package, version, licence
    python scripts/sbom.py --check            # exit status 1 when a licence does not go with Apache-2.0

Only what the product needs to run is listed (no extras, no test tools). Known holes in these packages are not looked
up: that takes a data base from the network (docs/security-audit.md).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

PRODUCT = "sting-ce"
GOES_WITH = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Zlib|CC0|Unlicense|OFL|HPND|CNRI|0BSD|"
    r"Lesser General Public|LGPL"
)
"""Licences of which one must be among a package's. LGPL and MPL: used unchanged, as libraries of their own."""


def needed(root: str = PRODUCT) -> dict[str, Distribution]:
    """All packages that the product needs here, itself left out, by lower-case name."""
    found: dict[str, Distribution] = {}
    waiting = [(root, frozenset[str]())]
    while waiting:
        name, extras = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        for text in package.requires or []:
            requirement = Requirement(text)
            markers = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if requirement.marker is not None and not any(map(requirement.marker.evaluate, markers)):
                continue
            key = requirement.name.lower().replace("_", "-")
            if key not in found or requirement.extras:
                try:
                    found[key] = distribution(requirement.name)
                except PackageNotFoundError:
                    continue
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return dict(sorted(found.items()))


def licence(package: Distribution) -> str:
    """The package's licence as its metadata state it: expression, else classifiers, else the first line of the text."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return expression
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    told = "; ".join(one for one in classifiers if one != "OSI Approved")
    return told or (metadata.get("License") or "not stated").strip().splitlines()[0][:80]


def sbom(packages: dict[str, Distribution]) -> dict[str, object]:
    """CycloneDX 1.6, without time and serial number: the same installation gives the same bytes."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": PRODUCT, "version": distribution(PRODUCT).version}},
        "components": [
            {
                "type": "library",
                "name": name,
                "version": package.version,
                "purl": f"pkg:pypi/{name}@{package.version}",
                "bom-ref": f"pkg:pypi/{name}@{package.version}",
                "licenses": [{"license": {"name": licence(package)}}],
            }
            for name, package in packages.items()
        ],
    }


def unfit(packages: dict[str, Distribution]) -> list[str]:
    """Packages none of whose licences goes with Apache-2.0."""
    return [f"{name}: {licence(one)}" for name, one in packages.items() if not GOES_WITH.search(licence(one))]


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--licences", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    packages = needed()
    if options.check:
        problems = unfit(packages)
        print("\n".join(problems) or f"{len(packages)} packages, all licences go with Apache-2.0")
        sys.exit(bool(problems))
    if options.licences:
        for name, package in packages.items():
            print(f"{name:32} {package.version:16} {licence(package)}")
        return
    print(json.dumps(sbom(packages), indent=2))


if __name__ == "__main__":
    main()
