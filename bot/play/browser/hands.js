// What a test sees of the page, and where it must put the mouse to tap
// something. Every wait looks again until what is wanted is there or time is up.
(() => {
  "use strict";

  const patience = 20000; // ms; only a failing test waits that long

  const until = (look, ms = patience) => new Promise((done) => {
    const begun = performance.now();
    const again = () => {
      const found = look();
      if (found) { done(found); return; }
      if (performance.now() - begun > ms) { done(null); return; }
      setTimeout(again, 20);
    };
    again();
  });

  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const plain = (s) => (s || "").replace(/\s+/g, "");

  // An empty name is the whole page.
  const part = (name) => name === "" ? document.body
    : name.startsWith("#") ? document.querySelector(name)
    : Array.from(document.querySelectorAll(".phone")).find((p) => p.dataset.name === name);

  const shown = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;
  const called = (el, label) => el.dataset.label === label || el.getAttribute("aria-label") === label || plain(el.innerText) === plain(label);
  const tappable = "button, a[href], summary, label, input, select";

  const controls = (where) => {
    const root = part(where);
    return root ? Array.from(root.querySelectorAll(tappable)).filter((el) => shown(el) && !el.disabled) : [];
  };

  // The newest is the last: an old message's buttons come before it.
  const find = {
    label: (where, label) => controls(where).filter((el) => called(el, label)).pop(),
    css: (where, css) => { const r = part(where); return r && Array.from(r.querySelectorAll(css)).filter((el) => shown(el) && !el.disabled).pop(); },
    message: (where, words) => messages(where).filter((el) => plain(el.innerText).includes(plain(words))).pop(),
    // The menu of the newest message that has the words.
    dots: (where, words) => {
      const m = messages(where).filter((el) => plain(el.innerText).includes(plain(words))).pop();
      return m && m.querySelector(".dots");
    },
  };

  const messages = (where) => { const r = part(where); return r ? Array.from(r.querySelectorAll(".log article.message, .log .note")) : []; };
  const texts = (where) => messages(where).map((m) => plain(m.innerText));

  // What is armed takes the next click; a click beside it does nothing, and is
  // tried again: things move while messages arrive.
  let armed = null;
  document.addEventListener("click", (e) => {
    if (!armed) { return; }
    if (e.isTrusted && armed.el.contains(e.target)) { armed.hit = true; return; }
    if (!e.isTrusted) { return; } // a label's own click on its field
    e.preventDefault();
    e.stopImmediatePropagation();
  }, true);

  window.hands = {
    // aim waits until the thing can be tapped and tells where; null in vain.
    async aim(how, where, what) {
      const end = performance.now() + patience;
      let why = "is not there";
      while (performance.now() < end) {
        const el = await until(() => find[how](where, what), end - performance.now());
        if (!el) { return { why }; }
        el.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
        const before = el.getBoundingClientRect();
        await frames();
        const box = el.getBoundingClientRect();
        if (!el.isConnected || before.x !== box.x || before.y !== box.y) { why = "does not keep still"; continue; }
        const spot = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        const top = document.elementFromPoint(spot.x, spot.y);
        if (!top || !(el.contains(top) || top.contains(el) && top.tagName === "LABEL")) {
          why = "is covered by " + (top ? top.outerHTML.slice(0, 120) : "the edge");
          await new Promise((done) => setTimeout(done, 20));
          continue;
        }
        armed = { el, hit: false };
        return spot;
      }
      return { why };
    },
    hit() { const h = armed && armed.hit; armed = null; return !!h; },

    sees: (where, words, n) => until(() => texts(where).filter((t) => t.includes(plain(words))).length >= n).then(Boolean),
    shows: (css, words) => until(() => Array.from(document.querySelectorAll(css)).some((el) => shown(el) && plain(el.innerText).includes(plain(words)))).then(Boolean),
    gone: (css, words) => until(() => !Array.from(document.querySelectorAll(css)).some((el) => shown(el) && plain(el.innerText).includes(plain(words)))).then(Boolean),
    is: (css) => until(() => document.querySelector(css)).then(Boolean),
    offers: (where, label) => until(() => find.label(where, label)).then(Boolean),
    count: (where, words) => texts(where).filter((t) => t.includes(plain(words))).length,
    all: texts,
    texts: (where) => texts(where).slice(-6), // the newest will do for telling what is wrong
    labels: (where) => controls(where).map((el) => el.dataset.label || el.getAttribute("aria-label") || plain(el.innerText)),
    // What is in the line to type in.
    draft: (where) => part(where).querySelector("input[name=text]").value,
    filled: (where) => until(() => part(where).querySelector("input[name=text]").value !== "").then(Boolean),
    holds: (where, words) => until(() => part(where).querySelector("input[name=text]").value === words).then(Boolean),
    focused: () => {
      const el = document.activeElement, phone = el && el.closest(".phone");
      return { phone: phone ? phone.dataset.name : "", label: el ? el.dataset.label || el.getAttribute("aria-label") || plain(el.innerText) : "" };
    },
    clock: () => plain(document.querySelector("#clock .now").innerText),
    // The form answers when everything on the way has happened.
    moved: (before) => until(() => plain(document.querySelector("#clock .now").innerText) !== before && !document.querySelector("#clock .htmx-request, #clock.htmx-request"), 60000).then(Boolean),

    // What axe does not look for: a page wider than the screen, controls without
    // a name or smaller than a fingertip, and not one heading of the first level.
    faults() {
      const found = [];
      const say = (what, el) => found.push(what + ": " + el.outerHTML.slice(0, 160));
      const room = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth > room || document.body.scrollWidth > room || innerWidth > room + 20) {
        const wide = Array.from(document.body.querySelectorAll("*")).filter((el) => shown(el) && el.getBoundingClientRect().right > room + 1);
        found.push("the page is " + document.documentElement.scrollWidth + " wide on a screen of " + room + (wide.length ? ": " + wide[0].outerHTML.slice(0, 160) : ""));
      }
      if (document.querySelectorAll("h1").length !== 1) { found.push("headings of the first level: " + document.querySelectorAll("h1").length); }
      document.querySelectorAll("button").forEach((el) => {
        if (!shown(el)) { return; }
        if (plain(el.getAttribute("aria-label") || el.textContent) === "") { say("a button without a name", el); }
        const box = el.getBoundingClientRect();
        if (box.width < 24 || box.height < 24) { say("smaller than 24 pixels", el); }
      });
      return found;
    },
    // Shows a talk from its first message with the words, for a picture.
    from(where, words) {
      const m = messages(where).find((el) => plain(el.innerText).includes(plain(words)));
      document.activeElement.blur();
      if (m) { m.scrollIntoView({ block: "start" }); }
      scrollTo(0, 0);
      return frames().then(() => !!m);
    },
    atEnd: (where) => until(() => { const l = part(where).querySelector(".log"); return l.scrollHeight - l.scrollTop - l.clientHeight < 3; }, 2000).then(Boolean),
    bottom: (css) => Math.round(document.querySelector(css).getBoundingClientRect().bottom),
    // Where the tour points and how far it has got.
    points: () => {
      const el = document.querySelector(".here"), count = document.querySelector("#tour .count");
      return { at: count ? plain(count.innerText) : "", label: el ? el.dataset.label || el.dataset.name || "" : "", button: !!el && el.tagName === "BUTTON" };
    },
    // It can be seen without looking for it.
    inView: (css) => until(() => {
      const el = document.querySelector(css), box = el && el.getBoundingClientRect();
      const top = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return top && (el.contains(top) || top.contains(el));
    }, 5000).then(Boolean),
    pointsElsewhere: (was) => until(() => { const p = window.hands.points(); return (p.button || !document.querySelector("#tour [hx-post='/tour/next']")) && (p.at !== was.at || p.label !== was.label); }).then(Boolean),
    // Sending puts a new, empty line in the place of the old one.
    mark: (where) => until(() => { const r = part(where); window.marked = r && r.querySelector(".composer"); return window.marked; }).then(Boolean),
    renewed: () => until(() => !window.marked.isConnected).then(Boolean),
  };
})();
