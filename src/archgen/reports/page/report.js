"use strict";
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var fields = ["traffic", "team", "latency"];
  var at = {};
  var colour = {};
  Object.keys(data.codes).forEach(function (code) { colour[data.codes[code]] = code; });
  var candidateColour = { one_machine: "none", containers: "m", microservices: "s", serverless: "f", managed_instances: "o" };

  function said(value) {
    return value >= 100 ? d3.format(",.0f")(value) : String(Number(value.toPrecision(3)));
  }

  function money(value) {
    return "$" + (value < 10 ? value.toFixed(0) : d3.format(",")(Number(value.toPrecision(2))));
  }

  /* Charts are drawn as wide as there is room for, so that their text stays as large as the page's. */
  function room(id) {
    return Math.max(300, Math.min(860, document.getElementById(id).clientWidth || 860));
  }

  function small(id) { return room(id) < 600; }

  function canvas(id, title, text, height, margin) {
    var width = room(id);
    var holder = d3.select("#" + id);
    holder.selectAll("*").remove();
    var svg = holder.append("svg").attr("viewBox", "0 0 " + width + " " + height).attr("role", "img")
      .attr("aria-labelledby", id + "-title " + id + "-text");
    svg.append("title").attr("id", id + "-title").text(title);
    svg.append("desc").attr("id", id + "-text").text(text);
    var inner = svg.append("g").attr("transform", "translate(" + margin.left + "," + margin.top + ")");
    inner.left = margin.left;
    inner.w = width - margin.left - margin.right;
    inner.h = height - margin.top - margin.bottom;
    return inner;
  }

  function axis(g, scale, orient, values, format, label) {
    var made = d3.svg.axis().scale(scale).orient(orient).tickSize(4).tickFormat(format);
    if (values) { made.tickValues(values); }
    var drawn = g.append("g").attr("class", "axis").call(made);
    if (orient === "bottom") {
      drawn.attr("transform", "translate(0," + g.h + ")");
      g.append("text").attr("class", "soft").attr("x", g.w / 2).attr("y", g.h + 38).style("text-anchor", "middle").text(label);
    } else {
      g.append("text").attr("class", "soft").attr("transform", "rotate(-90)").attr("x", -g.h / 2).attr("y", 14 - g.left)
        .style("text-anchor", "middle").text(label);
    }
    return drawn;
  }

  function logTicks(values) {
    var low = Math.ceil(Math.log(values[0]) / Math.LN10 - 1e-9);
    var high = Math.floor(Math.log(values[values.length - 1]) / Math.LN10 + 1e-9);
    return d3.range(low, high + 1).map(function (k) { return Math.pow(10, k); });
  }

  /* The margins of a chart of lines: room for their names on the right, or below where it is narrow. */
  function around(id, top, right, names) {
    return small(id) ? { left: 78, right: 16, top: top, bottom: 56 + 18 * names } : { left: 84, right: right, top: top, bottom: 48 };
  }

  /* Names of the lines: at their ends, pushed apart so that none covers another; below the axis where it is narrow. */
  function endLabels(g, labels, below) {
    labels.sort(function (a, b) { return a.y - b.y; });
    if (below) {
      labels.forEach(function (label, i) {
        var y = g.h + 64 + 18 * i;
        g.append("circle").attr("class", "c-" + label.code).attr("cx", 4).attr("cy", y - 4).attr("r", 4);
        g.append("text").attr("x", 14).attr("y", y).text(label.text);
      });
      return;
    }
    labels.forEach(function (label, i) {
      if (i > 0) { label.y = Math.max(label.y, labels[i - 1].y + 14); }
    });
    var over = labels.length ? labels[labels.length - 1].y - g.h : 0;
    if (over > 0) { labels.forEach(function (label) { label.y -= over; }); }
    labels.forEach(function (label) {
      g.append("circle").attr("class", "c-" + label.code).attr("cx", g.w + 10).attr("cy", label.y - 4).attr("r", 4);
      g.append("text").attr("x", g.w + 19).attr("y", label.y).text(label.text);
    });
  }

  function verdictAt(traffic, team, latency) {
    var code = data.grid[latency * data.axes.team.length + team].charAt(traffic);
    var name = data.codes[code.toLowerCase()];
    return { code: code.toLowerCase(), streaming: code !== code.toLowerCase(), name: name };
  }

  /* Whether a slider changes the verdict anywhere, the others where they stand. */
  function changesNothing(field) {
    return data.axes[field].every(function (_, i) {
      var there = { traffic: at.traffic, team: at.team, latency: at.latency };
      there[field] = i;
      return words(verdictAt(there.traffic, there.team, there.latency)) === words(verdictAt(at.traffic, at.team, at.latency));
    });
  }

  function words(found) {
    return data.names[found.name] + (found.streaming ? " with event streaming" : "");
  }

  /* The verdicts on the map of this latency, each with its place in a legend as wide as the chart. */
  function legend(width) {
    var seen = {}, left = 0, row = 0;
    data.axes.traffic.forEach(function (_, i) {
      data.axes.team.forEach(function (_, j) {
        var found = verdictAt(i, j, at.latency);
        seen[words(found)] = found;
      });
    });
    return Object.keys(seen).sort().map(function (name) {
      var wide = 18 + name.length * 6.8 + 22;
      if (left > 0 && left + wide > width) { left = 0; row += 1; }
      left += wide;
      return { name: name, found: seen[name], x: left - wide, row: row };
    });
  }

  function drawMap() {
    var narrow = small("map");
    var margin = { left: narrow ? 56 : 76, right: 18, top: 34, bottom: 48 };
    var entries = legend(room("map") - margin.left - margin.right);
    var rows = entries[entries.length - 1].row;
    margin.top += 18 * rows;
    var traffic = data.axes.traffic, team = data.axes.team;
    var now = verdictAt(at.traffic, at.team, at.latency);
    var g = canvas("map", "Map of the advice", "At " + said(traffic[at.traffic]) + " requests a second and " +
      said(team[at.team]) + " engineers: " + words(now), 400 + 18 * rows, margin);
    var x = d3.scale.ordinal().domain(d3.range(traffic.length)).rangeBands([0, g.w]);
    var y = d3.scale.ordinal().domain(d3.range(team.length)).rangeBands([g.h, 0]);
    traffic.forEach(function (_, i) {
      team.forEach(function (_, j) {
        var found = verdictAt(i, j, at.latency);
        g.append("rect").attr("class", "cell c-" + found.code).attr("x", x(i)).attr("y", y(j))
          .attr("width", x.rangeBand()).attr("height", y.rangeBand()).style("stroke", "var(--paper)");
        if (found.streaming) {
          g.append("path").attr("class", "stream").attr("d", "M" + (x(i) + 4) + "," + (y(j) + y.rangeBand() - 4) +
            "l" + (x.rangeBand() - 8) + "," + (8 - y.rangeBand()));
        }
      });
    });
    function mark(i, j, round, cls) {
      var r = Math.min(x.rangeBand(), y.rangeBand()) / 2;
      var cx = x(i) + x.rangeBand() / 2, cy = y(j) + y.rangeBand() / 2;
      if (round) { g.append("circle").attr("class", cls).attr("cx", cx).attr("cy", cy).attr("r", r + 3); }
      else { g.append("rect").attr("class", cls).attr("x", cx - r + 2).attr("y", cy - r + 2).attr("width", 2 * r - 4).attr("height", 2 * r - 4); }
    }
    [["halo", false], ["here", false]].forEach(function (m) { mark(data.here.traffic, data.here.team, m[1], m[0]); });
    [["halo", true], ["here", true]].forEach(function (m) { mark(at.traffic, at.team, m[1], m[0]); });
    var hx = x(data.here.traffic) + x.rangeBand() / 2, hy = y(data.here.team) + y.rangeBand() / 2;
    var leftHalf = hx < g.w / 2, away = Math.min(x.rangeBand(), y.rangeBand()) / 2 + 9;
    g.append("text").attr("class", "you").attr("x", hx + (leftHalf ? away : -away)).attr("y", hy + 4)
      .style("text-anchor", leftHalf ? "start" : "end").text("you are here");
    axis(g, x, "bottom", d3.range(0, traffic.length, narrow ? 6 : 3), function (i) { return said(traffic[i]); }, "requests a second, average");
    axis(g, y, "left", d3.range(0, team.length, 2), function (j) { return said(team[j]); }, "engineers");
    entries.forEach(function (entry) {
      var top = -26 - 18 * (rows - entry.row);
      g.append("rect").attr("class", "c-" + entry.found.code).attr("x", entry.x).attr("y", top).attr("width", 12).attr("height", 12);
      if (entry.found.streaming) { g.append("path").attr("class", "stream").attr("d", "M" + (entry.x + 2) + "," + (top + 10) + "l8,-8"); }
      g.append("text").attr("x", entry.x + 18).attr("y", top + 10).text(entry.name);
    });
  }

  function drawScores() {
    var names = Object.keys(data.chances);
    function percent(name) { return Math.round(100 * data.chances[name]) + " %"; }
    var g = canvas("scores", "Chance of each architecture", names.map(function (n) {
      return data.names[n] + " " + percent(n); }).join(", "), 44 * names.length + 20,
      { left: small("scores") ? 132 : 160, right: 64, top: 6, bottom: 10 });
    var x = d3.scale.linear().domain([0, 1]).range([0, g.w]);
    names.forEach(function (name, i) {
      var mid = i * 44 + 22;
      g.append("text").attr("x", -10).attr("y", mid + 4).style("text-anchor", "end")
        .style("font-weight", name === data.advised ? 700 : 400).text(data.names[name]);
      g.append("rect").attr("class", "c-" + colour[name]).attr("x", 0).attr("y", mid - 13).attr("height", 26)
        .attr("width", x(data.chances[name]));
      g.append("text").attr("x", x(data.chances[name]) + 8).attr("y", mid + 4).text(percent(name));
    });
  }

  function drawCost() {
    var traffic = data.axes.traffic, names = Object.keys(data.cost.curves);
    var all = d3.merge(names.map(function (n) { return data.cost.curves[n]; })).filter(function (v) { return v !== null; });
    var g = canvas("cost", "Cost against traffic", names.map(function (n) {
      var v = data.cost.curves[n][at.traffic];
      return data.candidates[n] + (v === null ? " does not carry it" : " " + money(v)); }).join(", ") + " a month at " +
      said(traffic[at.traffic]) + " requests a second", small("cost") ? 400 : 360, around("cost", 22, 215, names.length));
    var x = d3.scale.log().domain(d3.extent(traffic)).range([0, g.w]);
    var y = d3.scale.log().domain([d3.min(all) * 0.8, d3.max(all) * 1.2]).range([g.h, 0]);
    axis(g, x, "bottom", logTicks(traffic), said, "requests a second, average");
    axis(g, y, "left", logTicks(y.domain()), money, "US dollars a month");
    var labels = [];
    names.forEach(function (name) {
      var points = data.cost.curves[name].map(function (v, i) { return { x: traffic[i], y: v }; });
      var line = d3.svg.line().defined(function (p) { return p.y !== null; })
        .x(function (p) { return x(p.x); }).y(function (p) { return y(p.y); });
      g.append("path").attr("class", "line c-" + candidateColour[name]).attr("d", line(points))
        .style("stroke-dasharray", name === "one_machine" ? "2 4" : name === "managed_instances" ? "7 4" : null);
      var last = points.filter(function (p) { return p.y !== null; }).pop();
      labels.push({ y: y(last.y) + 4, code: candidateColour[name], text: data.candidates[name] });
    });
    endLabels(g, labels, small("cost"));
    var even = data.cost.break_even;
    if (even !== null && even >= traffic[0] && even <= traffic[traffic.length - 1]) {
      g.append("line").attr("class", "rule").attr("x1", x(even)).attr("x2", x(even)).attr("y1", 0).attr("y2", g.h);
      g.append("text").attr("class", "soft").attr("x", x(even)).attr("y", -8).style("text-anchor", "middle").text("break-even " + said(even));
    }
    var here = x(traffic[at.traffic]);
    g.append("line").attr("x1", here).attr("x2", here).attr("y1", 0).attr("y2", g.h).style("stroke", "var(--ink)").style("stroke-width", 1.5);
  }

  function drawLatency() {
    var l = data.latency, shares = l.utilisation;
    var g = canvas("latency-chart", "Response time against utilisation",
      "With " + l.workers + " workers the p95 is " + said(l.all[Math.floor(shares.length * 0.66)]) + " ms at two thirds",
      320, around("latency-chart", 22, 215, l.workers > 1 ? 2 : 1));
    var x = d3.scale.linear().domain([0, 1]).range([0, g.w]);
    var y = d3.scale.log().domain([l.all[0] * 0.9, l.one[l.one.length - 1] * 1.1]).range([g.h, 0]);
    axis(g, x, "bottom", small("latency-chart") ? [0, 0.25, 0.5, 0.75, 1] : null, d3.format("%"), "how busy the workers are");
    axis(g, y, "left", y.ticks().filter(function (t) { return /^[125]/.test(String(t)); }), said, "ms at p95");
    var line = d3.svg.line().x(function (_, i) { return x(shares[i]); }).y(function (v) { return y(v); });
    var lines = [{ v: l.one, code: "s", text: "one worker" }];
    if (l.workers > 1) { lines.push({ v: l.all, code: "m", text: l.workers + " workers" }); }
    lines.forEach(function (one) { g.append("path").attr("class", "line c-" + one.code).attr("d", line(one.v)); });
    endLabels(g, lines.map(function (one) { return { y: y(one.v[one.v.length - 1]) + 4, code: one.code, text: one.text }; }), small("latency-chart"));
    g.append("line").attr("class", "rule").attr("x1", x(l.target)).attr("x2", x(l.target)).attr("y1", 0).attr("y2", g.h);
    g.append("text").attr("class", "soft").attr("x", x(l.target)).attr("y", -8).style("text-anchor", "middle").text("planned " + d3.format("%")(l.target));
  }

  function drawGrowth() {
    var months = data.growth.months, curves = data.growth.curves;
    var codes = ["s", "m", "f", "o", "none"];
    var g = canvas("growth", "Growth against the ceilings", curves.map(function (c) {
      return c.what + " in month " + c.month.toFixed(0); }).join(", "), small("growth") ? 380 : 320, around("growth", 14, 215, curves.length));
    var x = d3.scale.linear().domain(d3.extent(months)).range([0, g.w]);
    var lows = curves.map(function (c) { return c.used[0]; });
    var y = d3.scale.log().domain([Math.max(d3.min(lows.concat([10])), 0.01), 400]).range([g.h, 0]);
    axis(g, x, "bottom", d3.range(0, months.length, 6), String, "months from now");
    axis(g, y, "left", [0.01, 0.1, 1, 10, 100].filter(function (t) { return t >= y.domain()[0]; }), function (v) { return v + " %"; }, "of the ceiling used");
    var most = y.domain()[1], least = y.domain()[0];
    var line = d3.svg.line().defined(function (v) { return v >= least && v <= most; })
      .x(function (_, i) { return x(months[i]); }).y(function (v) { return y(v); });
    curves.forEach(function (c, i) { g.append("path").attr("class", "line c-" + codes[i % 5]).attr("d", line(c.used)); });
    endLabels(g, curves.map(function (c, i) {
      var last = Math.max(least, Math.min(most, c.used[c.used.length - 1]));
      return { y: y(last) + 4, code: codes[i % 5], text: c.what };
    }), small("growth"));
    g.append("line").attr("class", "rule").attr("x1", 0).attr("x2", g.w).attr("y1", y(100)).attr("y2", y(100));
  }

  function show() {
    fields.forEach(function (field) {
      var input = document.getElementById(field);
      input.value = at[field];
      var text = said(data.axes[field][at[field]]);
      document.getElementById(field + "-said").textContent = text;
      input.setAttribute("aria-valuetext", text);
    });
    var found = verdictAt(at.traffic, at.team, at.latency);
    document.getElementById("verdict").textContent = words(found);
    document.getElementById("verdict-chance").textContent = "(" + data.chance_there[(at.latency * data.axes.team.length + at.team) * data.axes.traffic.length + at.traffic] + " %)";
    fields.forEach(function (field) {
      document.getElementById(field + "-idle").textContent = changesNothing(field) ? "changes the verdict nowhere, only its chance and cost" : "";
    });
    document.getElementById("all-idle").textContent = fields.every(changesNothing) ?
      "None of the three changes the verdict here by itself: it rests on other answers, which are listed under What would change it." : "";
    var name = found.code === "s" ? "microservices" : found.code === "f" ? "serverless" : "containers";
    var machine = data.cost.curves.one_machine;
    if (name === "containers" && data.cost.candidate === "one_machine" && machine && machine[at.traffic] !== null) { name = "one_machine"; }
    document.getElementById("verdict-cost").textContent = "at about " + money(data.cost.curves[name][at.traffic]) + " a month (" + data.candidates[name] + ")";
    drawMap();
    drawCost();
  }

  fields.forEach(function (field) {
    var input = document.getElementById(field);
    input.max = data.axes[field].length - 1;
    at[field] = data.here[field];
    input.addEventListener("input", function () { at[field] = Number(input.value); show(); });
  });
  document.getElementById("back").addEventListener("click", function () {
    fields.forEach(function (field) { at[field] = data.here[field]; });
    show();
  });
  function draw() {
    drawScores();
    drawLatency();
    drawGrowth();
    show();
  }

  var drawn = window.innerWidth;
  window.addEventListener("resize", function () {
    if (window.innerWidth !== drawn) { drawn = window.innerWidth; draw(); }
  });
  draw();
})();
