// From an image to the 784 pixels of MNIST: nnlib/own_digits.py, step by step, in the browser.
// An image is { height, width, values }, its rows one after the other in a Float64Array.
"use strict";
const OwnDigit = (() => {
  const image = (height, width, values = new Float64Array(height * width)) => ({ height, width, values });

  // To the nearest integer; a half goes to the even one, as Python's does.
  function round(x) {
    const below = Math.floor(x);
    return x - below < 0.5 || (x - below === 0.5 && below % 2 === 0) ? below : below + 1;
  }

  // The middle value, or the mean of the two in the middle. Only they must find their places, so nothing is sorted.
  function median(values) {
    const some = Float64Array.from(values), half = some.length >> 1;
    for (let low = 0, high = some.length - 1; low < high; ) {
      const pivot = some[(low + high) >> 1];
      let i = low, j = high;
      while (i <= j) {
        while (some[i] < pivot) i++;
        while (some[j] > pivot) j--;
        if (i <= j) {
          const kept = some[i];
          some[i++] = some[j];
          some[j--] = kept;
        }
      }
      if (half <= j) high = j;
      else if (half >= i) low = i;
      else break;
    }
    if (some.length % 2) return some[half];
    let below = -Infinity;
    for (let i = 0; i < half; i++) below = Math.max(below, some[i]);
    return (below + some[half]) / 2;
  }

  // The pixels of a canvas, from 0 for black to 1 for white; transparent ones lie on white.
  function brightness({ height, width, data }) {
    const grey = image(height, width);
    for (let i = 0; i < grey.values.length; i++) {
      const color = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 765;
      const alpha = data[4 * i + 3] / 255;
      grey.values[i] = color * alpha + 1 - alpha;
    }
    return grey;
  }

  // The plane a + b row + c column with the least squared misses of the pixels that are near, by Gauss's elimination.
  function plane({ height, width, values }, near) {
    let [n, r, c, rr, rc, cc, v, rv, cv] = Array(9).fill(0);
    for (let row = 0, i = 0; row < height; row++)
      for (let column = 0; column < width; column++, i++) {
        if (!near[i]) continue;
        const y = row / height, x = column / width, value = values[i]; // of about one size, or digits are lost
        n += 1, r += y, c += x, v += value;
        rr += y * y, rc += y * x, cc += x * x, rv += y * value, cv += x * value;
      }
    const sums = [[n, r, c, v], [r, rr, rc, rv], [c, rc, cc, cv]];
    for (let j = 0; j < 3; j++)
      for (let k = 0; k < 3; k++) {
        if (k === j) continue;
        const times = sums[k][j] / sums[j][j];
        for (let l = j; l < 4; l++) sums[k][l] -= times * sums[j][l];
      }
    const [start, down, right] = sums.map((line, j) => line[3] / line[j]);
    const fitted = new Float64Array(values.length);
    for (let row = 0, i = 0; row < height; row++)
      for (let column = 0; column < width; column++) fitted[i++] = start + down * (row / height) + right * (column / width);
    return fitted;
  }

  function paper(grey) {
    let near = new Uint8Array(grey.values.length).fill(1), fitted;
    for (let time = 0; time < 5; time++) {
      fitted = plane(grey, near);
      const distance = fitted.map((value, i) => Math.abs(value - grey.values[i]));
      const middle = median(distance);
      near = distance.map((far) => far <= middle);
    }
    return fitted;
  }

  function ink(grey) {
    if (Math.max(grey.height, grey.width) > 400) grey = scale(grey, 400);
    const fitted = paper(grey);
    let darker = grey.values.map((value, i) => fitted[i] - value);
    if (darker.reduce((sum, value) => sum + value ** 3, 0) < 0) darker = darker.map((value) => -value);
    const most = darker.reduce((a, b) => Math.max(a, b));
    if (!(most >= 0.05)) throw new RangeError("nothing stands out from the paper");
    const stroke = median(darker.filter((value) => value > most / 2));
    const grain = 7 * median(darker.map(Math.abs));
    const least = Math.max(0.05, Math.min(grain / stroke, 0.5));
    const share = darker.map((value) => Math.min(value / stroke, 1));
    return image(grey.height, grey.width, share.map((value) => (value < least ? 0 : value)));
  }

  function cutOut({ height, width, values }) {
    let [top, bottom, left, right] = [height, 0, width, 0];
    values.forEach((value, i) => {
      if (value === 0) return;
      const row = Math.floor(i / width), column = i % width;
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
      [left, right] = [Math.min(left, column), Math.max(right, column)];
    });
    const part = image(bottom - top + 1, right - left + 1);
    for (let row = 0; row < part.height; row++) {
      const start = (top + row) * width + left;
      part.values.set(values.subarray(start, start + part.width), row * part.width);
    }
    return part;
  }

  // For each new pixel the old ones that it covers, [which, share]; the zeros of the matrix are left out.
  function areas(now, old) {
    const size = old / now;
    return Array.from({ length: now }, (_, i) => {
      const shares = [];
      for (let pixel = Math.max(Math.floor(i * size) - 1, 0); pixel < Math.min((i + 1) * size + 1, old); pixel++) {
        const shared = Math.min(i * size + size, pixel + 1) - Math.max(i * size, pixel);
        if (shared > 0) shares.push([pixel, shared / size]);
      }
      return shares;
    });
  }

  function scale({ height, width, values }, size = 20) {
    const part = size / Math.max(height, width);
    const rows = areas(Math.max(1, round(height * part)), height);
    const columns = areas(Math.max(1, round(width * part)), width);
    const flat = image(rows.length, width); // the rows are done
    rows.forEach((shares, row) => {
      for (const [old, share] of shares)
        for (let column = 0; column < width; column++)
          flat.values[row * width + column] += share * values[old * width + column];
    });
    const small = image(rows.length, columns.length);
    for (let row = 0; row < rows.length; row++)
      columns.forEach((shares, column) => {
        for (const [old, share] of shares)
          small.values[row * columns.length + column] += share * flat.values[row * width + old];
      });
    return small;
  }

  function center({ height, width, values }, side = 28) {
    let [sum, row, column] = [0, 0, 0];
    values.forEach((value, i) => {
      sum += value;
      row += value * Math.floor(i / width);
      column += value * (i % width);
    });
    const place = (mass, length) => Math.min(Math.max(round(side / 2 - mass / sum), 0), side - length);
    const top = place(row, height), left = place(column, width);
    const square = image(side, side);
    for (let line = 0; line < height; line++)
      square.values.set(values.subarray(line * width, (line + 1) * width), (top + line) * side + left);
    return square;
  }

  // All steps, each with what it makes.
  function steps(pixels) {
    const first = ink(brightness(pixels)), second = cutOut(first), third = scale(second);
    return [first, second, third, center(third)];
  }

  return { brightness, ink, cutOut, scale, center, steps };
})();
