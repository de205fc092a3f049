// Brings the page up to date: when the server says that something has changed, the same
// page is fetched again and what differs is put in place. Focus, selection and what was
// opened stay. Without this script the page is the same, as of when it was loaded.
"use strict";

(() => {
  const bar = document.getElementById("live");
  const text = document.getElementById("live-text");
  const pause = document.getElementById("live-pause");
  if (!bar || !window.EventSource || document.querySelector(".login")) return;

  let paused = false, busy = false, again = false, shown = "";

  // say changes the line only when it says something else: it is read out.
  function say(line) {
    if (line !== shown) text.textContent = shown = line;
  }

  // keyed are children that keep their identity, whatever comes before them.
  function find(parent, id, after) {
    for (let n = after; n; n = n.nextSibling) if (n.id === id) return n;
    return null;
  }

  function attributes(have, want) {
    for (const { name, value } of want.attributes) {
      if (have.getAttribute(name) !== value) have.setAttribute(name, value);
    }
    for (const { name } of [...have.attributes]) {
      // What the reader opened, and what this script turned on, is the reader's.
      if (!want.hasAttribute(name) && name !== "open" && name !== "class") have.removeAttribute(name);
    }
  }

  // morph makes have like want and touches nothing that is alike already.
  function morph(have, want) {
    if (have.nodeType === Node.TEXT_NODE) {
      if (have.data !== want.data) {
        have.data = want.data;
        const cell = have.parentElement && have.parentElement.closest("td, dd");
        if (cell && !cell.querySelector("time")) {
          cell.classList.remove("changed");
          void cell.offsetWidth;
          cell.classList.add("changed");
        }
      }
      return;
    }
    if (have.nodeType !== Node.ELEMENT_NODE) return;
    attributes(have, want);
    let next = have.firstChild;
    for (const w of [...want.childNodes]) {
      let h = next;
      if (w.id) h = find(have, w.id, next);
      if (h && h !== next) have.insertBefore(h, next);
      if (h && h.nodeType === w.nodeType && h.nodeName === w.nodeName && (h.id || "") === (w.id || "")) {
        morph(h, w);
        next = h.nextSibling;
      } else {
        have.insertBefore(document.importNode(w, true), next);
      }
    }
    while (next) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  }

  async function refresh() {
    if (paused || document.hidden) return; // it comes with the next word
    if (busy) { again = true; return; }
    busy = true;
    again = false;
    const began = performance.now();
    try {
      const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 401) { location.reload(); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = page.getElementById("main");
      if (main && !paused) {
        morph(document.getElementById("main"), main);
        morph(document.getElementById("now"), page.getElementById("now"));
        document.title = page.title;
      }
    } catch {
      say("Connection lost, trying again");
    } finally {
      // A page that takes long is asked for less often: replicas have other work.
      setTimeout(() => {
        busy = false;
        if (again) refresh();
      }, Math.max(500, 4 * (performance.now() - began)));
    }
  }

  // A browser keeps six connections to a server, in all tabs together: a tab that nobody
  // sees keeps none.
  let stream = null;

  function connect() {
    stream = new EventSource("/events");
    stream.onmessage = () => {
      say(paused ? "Updates paused" : "Live");
      refresh(); // the first time, too: something may have changed since the page was made
    };
    stream.onerror = () => say(paused ? "Updates paused" : "Connection lost, trying again");
  }

  function disconnect() {
    if (stream) stream.close();
    stream = null;
  }

  document.addEventListener("visibilitychange", () => {
    disconnect();
    if (!document.hidden) connect();
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
  if (!document.hidden) connect();

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    say(paused ? "Updates paused" : "Live");
    if (!paused) refresh();
  });
  bar.hidden = false;
})();
