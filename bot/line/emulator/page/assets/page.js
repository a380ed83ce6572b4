// The little that the server's fragments cannot do: keep the newest message in
// view, open a message's menu by a long press, show where the tour points, and
// keep the focus where a tapped button has gone away.
(function () {
  "use strict";

  // What a person has opened stays open when a fragment is renewed.
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = function (name, node) {
    return !(name === "open" && node.tagName === "DETAILS");
  };

  var atEnd = new WeakMap();

  function logs(root) {
    return (root.matches && root.matches(".log") ? [root] : []).concat(Array.from(root.querySelectorAll(".log")));
  }

  function toEnd(log) { log.scrollTop = log.scrollHeight; }

  var newest = new Map();

  // Who acts on a phone sees what comes of it, also from a message further up,
  // until they scroll.
  var follows = new Set();
  ["wheel", "touchmove", "keydown"].forEach(function (kind) {
    document.addEventListener(kind, function (e) {
      var log = e.target.closest && e.target.closest(".log");
      if (log && !(kind === "keydown" && e.target !== log)) { follows.delete(log.id); }
    }, { passive: true });
  });

  document.addEventListener("htmx:beforeSwap", function (e) {
    logs(e.detail.target).forEach(function (log) {
      atEnd.set(log, log.scrollHeight - log.scrollTop - log.clientHeight < 80);
    });
  });

  var lost = null; // the phone whose tapped button may be going away

  document.addEventListener("htmx:beforeRequest", function (e) {
    if (e.target.id === "room" && !document.getElementById("engine").open) { e.preventDefault(); return; }
    // While the clock is being moved its buttons stay as they are: busy.
    if (e.target.id === "clock" && e.target.querySelector(".htmx-request")) { e.preventDefault(); return; }
    var phone = e.target.closest && e.target.closest(".phone");
    if (e.detail.requestConfig.verb === "post") { lost = phone; }
    if (lost && lost === phone) {
      logs(phone).forEach(function (log) { follows.add(log.id); });
    }
  });

  document.addEventListener("htmx:afterSettle", function (e) {
    logs(document).forEach(function (log) {
      var last = log.lastElementChild ? log.lastElementChild.id : "";
      if (newest.get(log.id) !== last && (atEnd.get(log) !== false || follows.has(log.id))) {
        toEnd(log);
        point.last = ""; // what the tour points at may have gone out of view
      }
      if (newest.get(log.id) !== last && newest.has(log.id)) { news(log.closest(".phone")); }
      newest.set(log.id, last);
    });
    if (lost && (document.activeElement === document.body || !document.activeElement)) {
      var log = lost.querySelector(".log");
      if (log) { log.focus({ preventScroll: true }); }
    }
    document.querySelectorAll(".phone").forEach(meet);
    point();
  });

  // A phone that has been added is told of above, as the others are, and shown.
  var met = new Set();
  function meet(phone) {
    if (met.has(phone.id)) { return; }
    met.add(phone.id);
    seen.observe(phone);
    var id = phone.id.slice("phone-".length);
    if (document.querySelector('.jump a[data-phone="' + id + '"]')) { return; }
    var link = document.createElement("a");
    link.href = "#" + phone.id;
    link.dataset.phone = id;
    link.textContent = phone.dataset.name;
    document.querySelector(".jump").append(link);
    logs(phone).forEach(toEnd);
    phone.scrollIntoView({ block: "nearest" });
    document.querySelectorAll(".more form").forEach(function (f) { f.reset(); });
  }

  document.addEventListener("htmx:responseError", function () { tell("うまくいきませんでした。もう一度ためしてください。"); });
  document.addEventListener("htmx:sendError", function () { tell("このページのプログラムが答えません。止めていませんか。"); });

  function tell(words) {
    var p = document.createElement("p");
    p.textContent = words;
    var close = document.createElement("button");
    close.type = "button";
    close.textContent = "✕";
    close.setAttribute("aria-label", "とじる");
    close.addEventListener("click", function () { document.getElementById("notice").replaceChildren(); });
    document.getElementById("notice").replaceChildren(p, close);
  }

  // A new act makes the last notice old. What the answer has to say is shown
  // here: the button that was tapped may have gone meanwhile, and htmx answers
  // only to what is still there.
  document.addEventListener("htmx:configRequest", function (e) {
    if (e.detail.verb === "post") { document.getElementById("notice").replaceChildren(); }
  });
  document.addEventListener("htmx:beforeSend", function (e) {
    e.detail.xhr.addEventListener("load", function () {
      var words = this.getResponseHeader("Notice");
      if (words) { tell(decodeURIComponent(words)); }
    });
  });

  document.addEventListener("contextmenu", function (e) {
    var article = e.target.closest && e.target.closest("article.message");
    var sheet = article && article.querySelector("[popover]");
    if (!sheet) { return; }
    e.preventDefault();
    sheet.showPopover();
    if (!pressed) { return; } // by the keyboard, or where the menu comes on letting go
    document.addEventListener("pointerup", function () {
      setTimeout(function () {
        if (sheet.isConnected && !sheet.matches(":popover-open")) { sheet.showPopover(); }
      });
    }, { capture: true, once: true });
  });

  // Whether a finger or a button is down. Some browsers take its release for a
  // tap beside the menu that its press has opened, and close it again.
  var pressed = false;
  document.addEventListener("pointerdown", function () { pressed = true; }, true);
  ["pointerup", "pointercancel"].forEach(function (kind) {
    document.addEventListener(kind, function () { pressed = false; }, true);
  });

  // The tour points at a button by its label, or else at the phone. What has
  // been scanned still has to be sent.
  function point() {
    document.querySelectorAll(".here").forEach(function (el) { el.classList.remove("here"); });
    var step = document.querySelector("#tour .step");
    var phone = step && document.getElementById("phone-" + step.dataset.phone);
    if (!phone) { point.sending = ""; return; }
    var label = step.dataset.label, draft = phone.querySelector(".composer [name=text]");
    if (label === "構成員証を読み取る" && draft) {
      var count = step.querySelector(".count").textContent;
      if (draft.value) {
        label = "送信";
        point.sending = count;
      } else if (point.sending === count) {
        label = ""; // sent: the answer is on its way
      }
    }
    var wanted = Array.from(phone.querySelectorAll("button[data-label]:not(:disabled)")).filter(function (b) {
      return b.dataset.label === label;
    });
    var here = wanted.pop() || phone;
    here.classList.add("here");
    var message = here.closest("[data-message]");
    var key = step.dataset.phone + label + (message ? message.dataset.message : "");
    if (point.last === key) { return; }
    point.last = key;
    // Within the talk at once: a smooth way would be cut short by what comes.
    var log = here.closest(".log");
    if (log) {
      var b = here.getBoundingClientRect(), l = log.getBoundingClientRect();
      if (b.top < l.top || b.bottom > l.bottom) { log.scrollTop += b.top - l.top - (l.height - b.height) / 2; }
    }
    var calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    here.scrollIntoView({ block: "nearest", inline: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  // On a narrow screen a link tells that something has come on another phone:
  // one of which less than this part is in view.
  var enough = 0.4;

  function news(phone) {
    var box = phone && phone.getBoundingClientRect();
    if (!box || Math.min(box.bottom, innerHeight) - Math.max(box.top, 0) >= enough * box.height) { return; }
    mark(phone.id.slice("phone-".length), true);
  }

  function mark(id, on) {
    var link = document.querySelector('.jump a[data-phone="' + id + '"]');
    if (!link) { return; }
    link.classList.toggle("news", on);
    link.setAttribute("aria-label", link.textContent + (on ? "（新しいメッセージ）" : ""));
  }

  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (en) { if (en.intersectionRatio >= enough) { mark(en.target.id.slice("phone-".length), false); } });
  }, { threshold: enough });

  document.getElementById("captions").addEventListener("change", function () {
    document.body.classList.toggle("captions-on", this.checked);
    logs(document).forEach(toEnd); // the captions have taken room
  });
  if (new URLSearchParams(location.search).has("en")) { document.getElementById("captions").click(); }

  document.getElementById("engine").addEventListener("toggle", function () {
    if (this.open) { htmx.trigger("#room", "look"); }
  });

  document.querySelectorAll(".phone").forEach(meet);
  logs(document).forEach(toEnd);
  point();
})();
