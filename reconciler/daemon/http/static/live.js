"use strict";
// Reads the page anew when the daemon tells that something has changed; without it, the page is read by reloading.
(() => {
  const told = document.getElementById("live");
  const about = document.body.dataset.environment;
  // Milliseconds.
  const PAUSE = 1000, EVERY = 60000, RETRY = 5000;
  let source, timer = 0, reading = false, again = false, failures = 0;

  const say = (text) => { if (told.textContent !== text) told.textContent = text; };

  // What an element is known by in the page that is read anew.
  const handle = (element) => element.id
    ? `#${CSS.escape(element.id)}`
    : element.getAttribute("href") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : "";

  const isSelected = (part) => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  };

  const swap = (old, fresh) => {
    for (const details of old.querySelectorAll("details[open][id]")) {
      const same = fresh.querySelector(handle(details));
      if (same) same.open = true;
    }
    const focused = old.contains(document.activeElement) ? handle(document.activeElement) : "";
    old.replaceWith(fresh);
    if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
  };

  const show = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const id of ["main", "as-of"]) {
      const old = document.getElementById(id), fresh = page.getElementById(id);
      if (!old || !fresh || old.innerHTML === fresh.innerHTML) continue;
      // A selection would be lost, and a form emptied.
      if (isSelected(old) || old.querySelector("input:focus")) { again = true; continue; }
      swap(old, document.importNode(fresh, true));
    }
  };

  const read = async () => {
    if (reading) { again = true; return; }
    reading = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) show(await answer.text());
      else if (answer.status === 429) again = true;
    } catch { /* The stream says that the daemon is gone. */ }
    reading = false;
    if (again) { again = false; later(); }
  };

  const later = () => {
    if (timer) return;
    timer = setTimeout(() => { timer = 0; read(); }, PAUSE);
  };

  const changed = (event) => {
    const { environment, text } = JSON.parse(event.data);
    if (about && environment && environment !== about) return;
    if (text) say(text);
    later();
  };

  const opened = () => {
    document.body.dataset.live = "yes";
    if (failures) { say("Connected again."); later(); }
    failures = 0;
  };

  const failed = () => {
    failures += 1;
    document.body.dataset.live = "no";
    if (failures > 1) say("The daemon does not answer: what is shown may be old.");
    // A browser tries again by itself, but not after an answer that is no stream, such as a proxy's.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY);
  };

  const connect = () => {
    source = new EventSource("/events");
    source.addEventListener("changed", changed);
    source.addEventListener("behind", later);
    source.onopen = opened;
    source.onerror = failed;
  };

  connect();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  setInterval(() => { if (!document.hidden) later(); }, EVERY);
})();
