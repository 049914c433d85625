/* The dial explorer: moves the marks that pitfalls.notebook.explorer has drawn, and says what it said. */
(() => {
  "use strict";

  const start = (root) => {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const find = (query) => root.querySelector(query);
    const all = (query, from = root) => [...from.querySelectorAll(query)];
    const [chapters, studies] = all("select");
    const dial = find("input");
    const at = (place) => `${(data.left + (data.width * place) / 1000).toFixed(2)}%`;
    const wide = (a, b) => `${((data.width * Math.abs(b - a)) / 1000).toFixed(2)}%`;
    const set = (node, values) => {
      for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
    };
    const make = (name, text, values = {}, svg = false) => {
      const node = svg
        ? document.createElementNS("http://www.w3.org/2000/svg", name)
        : document.createElement(name);
      node.textContent = text;
      set(node, values);
      return node;
    };
    const chapter = () => data.chapters[chapters.value];
    const study = () => chapter().studies[studies.value];

    // The dial has been turned.
    const turn = () => {
      const now = study();
      const here = now.positions[dial.value];
      all(".arm").forEach((arm, i) => {
        const shown = i < now.arms.length;
        arm.style.display = shown ? "" : "none";
        if (!shown) return;
        const lines = here.lines.slice(2 * i, 2 * i + 2);
        const [claimed, deployed] = lines.map((line) => line[0]);
        set(arm.querySelector(".gap"), {
          x: at(Math.min(claimed, deployed)),
          width: wide(claimed, deployed),
        });
        all(".line", arm).forEach((line, j) => {
          const [mean, low, high, text, dots] = lines[j];
          line.querySelector(".role").textContent = now.arms[i];
          line.querySelector(".value").textContent = text;
          set(line.querySelector(".mean"), { cx: at(mean) });
          set(line.querySelector(".interval"), { x: at(low), width: wide(low, high) });
          all(".dot", line).forEach((dot, k) => {
            const there = k < dots.length;
            set(dot, { visibility: there ? "visible" : "hidden", cx: at(there ? dots[k] : 0) });
          });
        });
      });
      dial.setAttribute("aria-valuetext", here.says[0].replace(/\.$/, ""));
      all(".explorer-ticks span").forEach((tick, i) => {
        tick.classList.toggle("here", i === Number(dial.value));
      });
      all(".explorer-marks span").forEach((mark, i) => {
        mark.classList.toggle("here", now.doses[i].near === Number(dial.value));
      });
      all(".explorer-doses li").forEach((item, i) => {
        if (now.doses[i].near === Number(dial.value)) set(item, { "aria-current": "true" });
        else item.removeAttribute("aria-current");
      });
      find(".explorer-says").replaceChildren(...here.says.map((line) => make("p", line)));
    };

    // Another study: its dial, its axis, its table.
    const show = () => {
      const now = study();
      const last = now.positions.length - 1;
      set(dial, { max: last });
      dial.value = last;
      find(".explorer-dial label span").textContent = now.dial;
      find(".explorer-ticks").replaceChildren(
        ...now.positions.map((here, i) =>
          make("span", here.tick, { style: `left:${last ? (100 * i) / last : 50}%` })),
      );
      find(".explorer-marks").replaceChildren(
        ...now.doses.map((dose) => make("span", `▲${dose.mark}`, { style: `left:${dose.place}%` })),
      );
      find(".explorer-doses").hidden = now.doses.length === 0;
      find(".explorer-doses ul").replaceChildren(
        ...now.doses.map((dose) => {
          const item = make("li", "");
          const name = make("a", dose.study, { href: dose.url });
          item.append(make("b", dose.mark), " ", name, `: ${dose.says}`);
          return item;
        }),
      );
      set(find(".chance"), { x1: at(now.chance), x2: at(now.chance) });
      const anchor = now.chance < 80 ? "start" : now.chance > 920 ? "end" : "middle";
      set(find(".chance-name"), { x: at(now.chance), "text-anchor": anchor });
      const axis = Number(find(".axis > line").getAttribute("y1"));
      find(".ticks").replaceChildren(
        ...now.ticks.flatMap(([place, text]) => [
          make("line", "", { x1: at(place), x2: at(place), y1: axis, y2: axis + 5 }, true),
          make("text", text, { x: at(place), y: axis + 20, "text-anchor": "middle" }, true),
        ]),
      );
      find(".metric").textContent = now.metric;
      set(find("svg"), { "aria-label": now.drawn });
      const names = now.arms.flatMap((arm, i) => [
        `${i ? "; " : ""}${arm}: `,
        make("em", now.protocols[i]),
      ]);
      const key = make("span", "");
      key.append(...names, ".");
      find(".explorer-key").replaceChildren(key, ` ${now.marks}`);
      const table = find("table");
      table.caption.textContent = now.caption;
      [...table.tBodies].forEach((body) => body.remove());
      table.append(
        ...now.positions.map((here) => {
          const body = make("tbody", "");
          now.arms.forEach((arm, i) => {
            const row = body.insertRow();
            if (i === 0) {
              row.append(make("th", here.tick, { scope: "rowgroup", rowspan: now.arms.length }));
            }
            row.append(make("th", arm, { scope: "row" }));
            for (const text of [here.lines[2 * i][3], here.lines[2 * i + 1][3], here.gaps[i]]) {
              row.append(make("td", text));
            }
          });
          return body;
        }),
      );
      turn();
    };

    // Another chapter: its studies, and the way to its page.
    const open = () => {
      const now = chapter();
      studies.replaceChildren(
        ...now.studies.map((entry, i) => make("option", entry.name, { value: i })),
      );
      studies.parentElement.hidden = now.studies.length < 2;
      const link = find(".explorer-link a");
      if (link) {
        link.href = now.page;
        link.textContent = `Read ${now.title}`;
      }
      show();
    };

    chapters.addEventListener("change", open);
    studies.addEventListener("change", show);
    dial.addEventListener("input", turn);
    // A browser may remember a choice of an earlier visit.
    chapters.value = data.start[0];
    studies.value = data.start[1];
    find("details").open = false;
    find(".explorer-controls").hidden = false;
    show();
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".explorer").forEach(start);
  });
})();
