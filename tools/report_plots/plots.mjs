// Draws the plots of a report with JSROOT in the place of its static pictures: zoom, values, saving, logarithm.
// Each figure.graph has <script type="application/json"> with what svg_plot.h calls a Plot.

import { createHistogram, createTGraph, gStyle, settings } from './node_modules/jsroot/modules/core.mjs';
import { addColor } from './node_modules/jsroot/modules/base/colors.mjs';
import { TGraphPainter } from './node_modules/jsroot/modules/hist2d/TGraphPainter.mjs';
import { TH1Painter } from './node_modules/jsroot/modules/hist2d/TH1Painter.mjs';

const dark = globalThis.matchMedia('(prefers-color-scheme: dark)');

function pageColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function colourOf(series) {
  return series.colour < 0 ? pageColour('--faint') : pageColour(`--c${series.colour % 6}`);
}

function rangeOf(plot) {
  const range = { x: [Infinity, -Infinity], y: [Infinity, -Infinity] };
  const include = (axis, value) => {
    if (!Number.isFinite(value) || (axis === 'y' && plot.logY && value <= 0)) return;
    range[axis] = [Math.min(range[axis][0], value), Math.max(range[axis][1], value)];
  };
  for (const series of plot.series) {
    series.x.forEach(value => include('x', value));
    series.y.forEach((value, i) => {
      if (value === null) return;
      include('y', value + (series.error[i] ?? 0));
      include('y', value - (series.error[i] ?? 0));
    });
  }
  const margin = 0.06 * (range.y[1] - range.y[0] || Math.abs(range.y[1]) || 1);
  range.y = plot.logY ? [range.y[0] / 1.5, range.y[1] * 4] : [range.y[0] - margin, range.y[1] + 2 * margin];
  if (range.x[0] === range.x[1]) range.x = [range.x[0] - 1, range.x[1] + 1];
  return { x: plot.xRange ?? range.x, y: plot.yRange ?? range.y };
}

function styleAxis(axis, title, colour) {
  axis.fTitle = title;
  axis.fAxisColor = axis.fLabelColor = axis.fTitleColor = colour;
  axis.fTitleSize = axis.fLabelSize = 0.045;
  axis.fTitleOffset = 1.05;
  axis.fTickLength = 0.02;
}

function frameOf(plot) {
  const range = rangeOf(plot);
  const frame = createHistogram('TH1F', 100);
  const ink = addColor(pageColour('--text'));
  frame.fXaxis.fXmin = range.x[0];
  frame.fXaxis.fXmax = range.x[1];
  frame.fMinimum = range.y[0];
  frame.fMaximum = range.y[1];
  frame.fTitle = '';
  styleAxis(frame.fXaxis, plot.xLabel, ink);
  styleAxis(frame.fYaxis, plot.yLabel, ink);
  frame.fYaxis.fTitleOffset = 1.45;
  return frame;
}

function histogramOf(series, filled) {
  const histogram = createHistogram('TH1D', series.y.length);
  histogram.fXaxis.fXmin = series.x[0];
  histogram.fXaxis.fXmax = series.x.at(-1);
  histogram.fXaxis.fXbins = series.x;
  series.y.forEach((value, i) => histogram.setBinContent(i + 1, value ?? 0));
  histogram.fName = series.name;
  histogram.fLineColor = addColor(colourOf(series));
  histogram.fLineWidth = 2;
  if (filled) {
    histogram.fFillColor = addColor(`${colourOf(series)}40`);
    histogram.fFillStyle = 1001;
  }
  return histogram;
}

function graphOf(series) {
  const points = series.y.map((value, i) => [series.x[i], value, series.error[i] ?? 0]).filter(point => point[1] !== null);
  const graph = createTGraph(points.length, points.map(point => point[0]), points.map(point => point[1]));
  if (series.error.length > 0) {
    graph._typename = 'TGraphErrors';
    graph.fEX = points.map(() => 0);
    graph.fEY = points.map(point => point[2]);
  }
  graph.fName = series.name;
  graph.fLineColor = graph.fMarkerColor = addColor(colourOf(series));
  graph.fLineWidth = 2;
  graph.fLineStyle = series.dashed ? 2 : 1;
  graph.fMarkerStyle = 20;
  graph.fMarkerSize = 0.8;
  return graph;
}

async function drawSeries(target, series) {
  if (series.y.length === 0) return;
  if (series.style === 'steps' || series.style === 'filled') {
    await TH1Painter.draw(target, histogramOf(series, series.style === 'filled'), 'hist same');
  } else {
    await TGraphPainter.draw(target, graphOf(series), series.style === 'points' ? 'P' : 'L');
  }
}

function legendOf(plot) {
  const legend = document.createElement('div');
  legend.className = 'legend';
  const title = document.createElement('b');
  title.textContent = plot.title;
  legend.append(title);
  for (const series of plot.series.filter(one => one.name)) {
    const entry = document.createElement('span');
    const mark = document.createElement('i');
    mark.className = `${series.style}${series.dashed ? ' dashed' : ''}`;
    mark.style.color = colourOf(series);
    entry.append(mark, series.name);
    legend.append(entry);
  }
  return legend;
}

function logarithmButton(plot, painter) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'log';
  button.setAttribute('aria-pressed', String(plot.logY));
  button.title = 'logarithmic vertical axis';
  button.addEventListener('click', () => {
    plot.logY = !plot.logY;
    button.setAttribute('aria-pressed', String(plot.logY));
    const histogram = painter.getHisto();
    // A logarithm has no place for 0: take what the series have.
    const range = rangeOf({ ...plot, yRange: plot.logY ? undefined : plot.yRange });
    [histogram.fMinimum, histogram.fMaximum] = range.y;
    painter.getPadPainter().getRootPad(true).fLogy = plot.logY ? 1 : 0;
    painter.redrawPad();
  });
  return button;
}

async function draw(figure) {
  const plot = JSON.parse(figure.querySelector('script').textContent);
  if (!plot.series.some(series => series.y.some(value => value !== null))) return;
  const still = figure.querySelector('svg.plot');
  const target = document.createElement('div');
  target.className = 'canvas';
  still.setAttribute('hidden', '');  // an SVG element has no property of that name
  still.after(target);
  try {
    const painter = await TH1Painter.draw(target, frameOf(plot), 'axis');
    const pad = painter.getPadPainter().getRootPad(true);
    pad.fLogy = plot.logY ? 1 : 0;
    await painter.redrawPad();
    for (const series of plot.series) await drawSeries(target, series);
    const legend = legendOf(plot);
    legend.append(logarithmButton(plot, painter));
    target.before(legend);
    new ResizeObserver(() => {
      if (target.clientWidth > 0) painter.getCanvPainter()?.checkCanvasResize();
    }).observe(target);
    figure.dataset.drawn = 'yes';
  } catch (error) {
    target.remove();
    still.removeAttribute('hidden');
    throw error;
  }
}

function drawWhenSeen(figures) {
  const observer = new IntersectionObserver(entries => {
    for (const entry of entries.filter(one => one.isIntersecting)) {
      observer.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: '400px' });
  figures.forEach(figure => observer.observe(figure));
}

settings.DarkMode = false;  // colours are those of the page
settings.ShowProgress = false;
gStyle.fCanvasBorderMode = gStyle.fPadBorderMode = gStyle.fFrameBorderMode = 0;
gStyle.fOptStat = 0;
gStyle.fOptTitle = 0;
gStyle.fPadTickX = gStyle.fPadTickY = 1;
gStyle.fCanvasColor = gStyle.fPadColor = gStyle.fFrameFillColor = addColor(pageColour('--card'));
gStyle.fFrameLineColor = addColor(pageColour('--text'));
gStyle.fPadLeftMargin = 0.15;
gStyle.fPadRightMargin = 0.04;
gStyle.fPadTopMargin = 0.04;
gStyle.fPadBottomMargin = 0.14;

drawWhenSeen([...document.querySelectorAll('figure.graph')]);
dark.addEventListener('change', () => location.reload());
