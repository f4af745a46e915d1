// A blind listening test: keeps the answers in the browser and tells the truth at the end.
"use strict";
(() => {
  const QUESTIONS = ["guess", "sure", "rating"];
  const LONGEST_TICK = 1; // seconds; players report their time more often than this
  const COLUMNS = ["item", ...QUESTIONS, "truth", "source", "piece_or_iteration",
    "seconds_listened"];

  const find = (id) => document.getElementById(id);
  const form = find("test");
  const key = JSON.parse(atob(form.dataset.key)); // no secret: see the remark beside it
  const articles = [...form.querySelectorAll("article")];
  const slot = "perfrnn-listening-" + form.dataset.test;
  const fresh = () => ({
    done: false,
    answers: key.map(() => ({ guess: "", sure: "", rating: "", seconds: 0 })),
  });
  let state = load();

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(slot));
      return kept?.answers?.length === key.length ? kept : fresh();
    } catch {
      return fresh(); // storage is refused
    }
  }

  function save() {
    try {
      localStorage.setItem(slot, JSON.stringify(state));
    } catch {
      find("unsaved").hidden = false; // the page works on, without a memory
    }
  }

  const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const judged = () => key
    .map((item, index) => ({ ...item, ...state.answers[index] }))
    .filter((item) => item.guess);

  // How likely a coin is to be right at least `right` times out of `number`.
  function coin(right, number) {
    let ways = 1;
    let enough = 0;
    for (let k = 0; k <= number; k += 1) {
      if (k >= right) enough += ways;
      ways *= (number - k) / (k + 1);
    }
    return enough / 2 ** number;
  }

  function describeScore() {
    const items = judged();
    if (items.length === 0) return "You judged no excerpt.";
    const right = items.filter((item) => item.guess === item.truth).length;
    const luck = (100 * coin(right, items.length)).toFixed(1);
    return `You were right about ${right} of ${plural(items.length, "excerpt")}. Tossing a coin `
      + `gets ${items.length / 2} right on average, and ${right} or more in ${luck} % of cases.`;
  }

  function describeTruth(index) {
    const { truth, source, origin, composer } = key[index];
    const { guess } = state.answers[index];
    const verdict = guess ? (guess === truth ? "Right" : "Wrong") : "Not judged";
    const text = truth === "human" ? `a human, ${composer} (${origin})` : `a machine, ${source}`;
    return `${verdict}: ${text}.`;
  }

  function groupRow(name, items) {
    const rated = items.filter((item) => item.rating);
    const sum = rated.reduce((total, item) => total + Number(item.rating), 0);
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head);
    const human = items.filter((item) => item.guess === "human").length;
    for (const text of [items.length, human, rated.length ? (sum / rated.length).toFixed(1) : "–"]) {
      const cell = document.createElement("td");
      cell.className = "number";
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  }

  function showGroups() {
    const group = (item) => (item.truth === "human" ? "humans" : item.origin);
    const names = [...new Set(key.map(group))].sort();
    const order = ["humans", ...names.filter((name) => name !== "humans")];
    const rows = order.map((name) => groupRow(name, judged().filter((i) => group(i) === name)));
    find("groups").replaceChildren(...rows);
  }

  // Make the page show `state`.
  function show() {
    articles.forEach((article, index) => {
      for (const input of article.querySelectorAll("input")) {
        input.checked = state.answers[index][input.name.split("-")[0]] === input.value;
      }
      for (const group of article.querySelectorAll("fieldset")) group.disabled = state.done;
      const truth = article.querySelector(".truth");
      truth.textContent = state.done ? describeTruth(index) : "";
      truth.hidden = !state.done;
    });
    form.querySelector(".finish").hidden = state.done;
    find("result").hidden = !state.done;
    find("score").textContent = state.done ? describeScore() : "";
    if (state.done) showGroups();
    showProgress();
  }

  function showProgress() {
    const whole = state.answers.filter((answer) => QUESTIONS.every((name) => answer[name])).length;
    const open = key.length - whole;
    const text = open
      ? `${whole} of ${plural(key.length, "excerpt")} fully answered. You may stop early.`
      : "All excerpts are answered.";
    if (find("progress").textContent !== text) find("progress").textContent = text;
  }

  const quote = (value) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  function table() {
    const rows = key.map((item, index) => {
      const answer = state.answers[index];
      return [index + 1, ...QUESTIONS.map((name) => answer[name]), item.truth, item.source,
        item.origin, answer.seconds.toFixed(1)];
    });
    return [COLUMNS, ...rows].map((row) => row.map(quote).join(",") + "\r\n").join("");
  }

  form.addEventListener("change", ({ target }) => {
    const [question, number] = target.name.split("-");
    state.answers[number - 1][question] = target.value;
    save();
    showProgress();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    state.done = true;
    save();
    show();
    find("h-result").focus();
  });

  find("download").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
    link.download = "listening.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });

  find("again").addEventListener("click", () => {
    if (!confirm("Forget all answers on this page?")) return;
    state = fresh();
    save();
    show();
    find("item-1").scrollIntoView();
  });

  articles.forEach((article, index) => {
    const player = article.querySelector("audio");
    let before = 0;
    player.addEventListener("timeupdate", () => {
      const passed = player.currentTime - before;
      before = player.currentTime;
      if (!state.done && passed > 0 && passed < LONGEST_TICK) {
        state.answers[index].seconds += passed; // a jump to elsewhere is no listening
      }
    });
    player.addEventListener("pause", save);
  });

  save(); // tells at once whether the browser keeps answers
  show();
})();
