"""Debian's Chromium, driven by selenium."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

# Root may not use Chromium's own sandbox, and a container's /dev/shm is small. It talks to the loopback only.
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Browser:
    """One window."""

    def __init__(self) -> None:
        program, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if program is None or driver is None:
            pytest.fail("needs Debian's packages chromium and chromium-driver: run `make system-packages`")
        options = ChromeOptions()
        options.binary_location = program
        for argument in _ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = Chrome(options=options, service=Service(driver))
        self.look()

    def look(self, width: int = 1280, *, dark: bool = False, script: bool = True) -> None:
        """How the next page is looked at; 360 is a small phone."""
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setDeviceMetricsOverride", **screen)
        self._ask("Emulation.setEmulatedMedia", media="", features=[scheme])
        self._ask("Emulation.setScriptExecutionDisabled", value=not script)

    def print(self, *, dark: bool = False) -> None:
        """Have the page look as it is printed by somebody who likes it dark, or light."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", media="print", features=[scheme])

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def errors(self) -> list[str]:
        """What the console said since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def photograph(self, file: Path) -> None:
        """The whole page as it is."""
        shot = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """End it."""
        self.driver.quit()

    def _ask(self, command: str, **values: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.driver.execute_cdp_cmd(command, values)
        return answer
