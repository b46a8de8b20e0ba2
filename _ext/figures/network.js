// A network of Dense layers with ReLU between, trained as nnlib does, and NumPy's RandomState to begin with its weights.
// The digits shown agree with the book's; the last bits need not: nnlib.reproducible rounds more.

class RandomState { // the Mersenne Twister, and normal numbers by the polar method
  constructor(seed) {
    this.words = new Uint32Array(624);
    this.words[0] = seed;
    for (let k = 1; k < 624; k++) {
      const before = this.words[k - 1] ^ (this.words[k - 1] >>> 30);
      this.words[k] = Math.imul(before, 1812433253) + k;
    }
    this.next = 624;
  }
  word() {
    const w = this.words;
    if (this.next === 624) {
      for (let k = 0; k < 624; k++) {
        const mixed = (w[k] & 0x80000000) | (w[(k + 1) % 624] & 0x7fffffff);
        w[k] = w[(k + 397) % 624] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
      }
      this.next = 0;
    }
    let y = w[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }
  uniform() { return ((this.word() >>> 5) * 67108864 + (this.word() >>> 6)) / 9007199254740992; }
  normal() {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    let a, b, square;
    do {
      [a, b] = [2 * this.uniform() - 1, 2 * this.uniform() - 1];
      square = a * a + b * b;
    } while (square >= 1 || square === 0);
    const far = Math.sqrt(-2 * Math.log(square) / square);
    this.spare = far * a;
    return far * b;
  }
}

const onGrid = (x) => Math.round(x * 2 ** 24) / 2 ** 24; // nnlib's round_to_grid

class Network {
  constructor(sizes, normal) { // normal: where the weights' random numbers come from
    this.sizes = sizes;
    this.layers = sizes.slice(1).map((n_out, k) => {
      const n_in = sizes[k], std = Math.sqrt(2 / n_in);
      return { n_in, n_out, W: Float64Array.from({ length: n_in * n_out }, () => std * onGrid(normal())), b: new Float64Array(n_out) };
    });
    this.optimizers = [];
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
  // One epoch: forward, back, and a step for every weight; returns the loss before the step.
  learn(X, y, change) {
    const N = y.length, outputs = this.forward(X, N), C = this.sizes.at(-1), dy = this.softmax(outputs.at(-1), N);
    let loss = 0, d = dy;
    for (let i = 0; i < N; i++) {
      loss -= Math.log(dy[i * C + y[i]]);
      dy[i * C + y[i]] -= 1;
    }
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
    return loss / N;
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
