// A network of Dense layers with ReLU between, trained as nnlib does. The digits shown agree with the book's; the last bits
// need not: nnlib.reproducible rounds more.

const onGrid = (x) => Math.round(x * 2 ** 24) / 2 ** 24; // nnlib's round_to_grid

class Network {
  constructor(sizes, random, std) { // He's standard deviation, unless told otherwise
    this.sizes = sizes;
    this.layers = sizes.slice(1).map((n_out, k) => {
      const n_in = sizes[k], size = std ?? Math.sqrt(2 / n_in);
      return { n_in, n_out, W: Float64Array.from({ length: n_in * n_out }, () => size * onGrid(random.normal())), b: new Float64Array(n_out) };
    });
  }
  // The outputs of all layers for N samples, one row each; the last are scores.
  forward(X, N) {
    const outputs = [X];
    this.layers.forEach(({ n_in, n_out, W, b }, k) => {
      const x = outputs[k], y = new Float64Array(N * n_out), last = k === this.layers.length - 1;
      for (let i = 0; i < N; i++) {
        for (let m = 0; m < n_in; m++) {
          const value = x[i * n_in + m];
          if (value !== 0) for (let j = 0; j < n_out; j++) y[i * n_out + j] += value * W[m * n_out + j];
        }
        for (let j = 0; j < n_out; j++) {
          const z = y[i * n_out + j] + b[j];
          y[i * n_out + j] = last || z > 0 ? z : 0;
        }
      }
      outputs.push(y);
    });
    return outputs;
  }
  softmax(scores, N) {
    const C = this.sizes.at(-1), p = new Float64Array(N * C);
    for (let i = 0; i < N; i++) {
      let largest = -Infinity, sum = 0;
      for (let j = 0; j < C; j++) largest = Math.max(largest, scores[i * C + j]);
      for (let j = 0; j < C; j++) sum += p[i * C + j] = Math.exp(scores[i * C + j] - largest);
      for (let j = 0; j < C; j++) p[i * C + j] /= sum;
    }
    return p;
  }
  loss(p, y) {
    return y.reduce((sum, label, i) => sum - Math.log(p[i * this.sizes.at(-1) + label]), 0) / y.length;
  }
  // The class with the largest score, and the share of samples for which it is the right one.
  winner(scores, i) {
    let best = 0;
    const C = this.sizes.at(-1);
    for (let j = 1; j < C; j++) if (scores[i * C + j] > scores[i * C + best]) best = j;
    return best;
  }
  accuracy(scores, y) { return y.filter((label, i) => this.winner(scores, i) === label).length / y.length; }
  // The plane in the colours of the answers, and a path of dots for each class.
  show(plane, dots, X, y) {
    const tints = [[0, 114, 178, 65], [213, 94, 0, 65], [0, 158, 115, 65], [204, 121, 167, 65], [128, 128, 128, 65]];
    plane.paint((a, b) => tints[this.winner(this.forward(Float64Array.of(a, b), 1).at(-1), 0)]);
    dots.forEach((path, c) => plane.dotted(path, y.flatMap((label, k) => (label === c ? [[X[2 * k], X[2 * k + 1]]] : []))));
  }
  // One epoch: forward, back, and a step for every weight; returns the loss before the step.
  learn(X, y, change) {
    const N = y.length, outputs = this.forward(X, N), C = this.sizes.at(-1), dy = this.softmax(outputs.at(-1), N);
    const loss = this.loss(dy, y);
    let d = dy;
    y.forEach((label, i) => { dy[i * C + label] -= 1; });
    for (let i = 0; i < dy.length; i++) dy[i] /= N;
    for (let k = this.layers.length - 1; k >= 0; k--) {
      const { n_in, n_out, W, b } = this.layers[k], x = outputs[k];
      const dW = new Float64Array(W.length), db = new Float64Array(n_out), dx = new Float64Array(k ? N * n_in : 0);
      for (let i = 0; i < N; i++) {
        const row = i * n_out;
        for (let j = 0; j < n_out; j++) db[j] += d[row + j];
        for (let m = 0; m < n_in; m++) {
          const value = x[i * n_in + m], w = m * n_out;
          if (k && value <= 0) continue; // a silent ReLU: nothing passes, there or back
          let sum = 0;
          for (let j = 0; j < n_out; j++) {
            dW[w + j] += value * d[row + j];
            sum += d[row + j] * W[w + j];
          }
          if (k) dx[i * n_in + m] = sum;
        }
      }
      change(W, dW, 2 * k);
      change(b, db, 2 * k + 1);
      d = dx;
    }
    return loss;
  }
}

// An optimizer is a function of a parameter, its gradient, and the parameter's number.
const SGD = (lr, momentum = 0) => {
  const velocities = [];
  return (w, g, place) => {
    const v = velocities[place] ??= new Float64Array(w.length);
    for (let i = 0; i < w.length; i++) w[i] -= lr * (v[i] = momentum * v[i] + g[i]);
  };
};
const Adam = (lr) => {
  const means = [], squares = [], steps = [];
  return (w, g, place) => {
    const m = means[place] ??= new Float64Array(w.length), s = squares[place] ??= new Float64Array(w.length);
    const t = steps[place] = (steps[place] ?? 0) + 1, zero1 = 1 - 0.9 ** t, zero2 = 1 - 0.999 ** t;
    for (let i = 0; i < w.length; i++) {
      m[i] = 0.9 * m[i] + (1 - 0.9) * g[i];
      s[i] = 0.999 * s[i] + (1 - 0.999) * g[i] * g[i];
      w[i] -= lr * (m[i] / zero1 / (Math.sqrt(s[i] / zero2) + 1e-8));
    }
  };
};
