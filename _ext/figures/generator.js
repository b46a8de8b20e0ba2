// NumPy's default_rng(seed), for seeds below 2**32. Tested against NumPy through the losses of the figures.
class Generator { // NumPy's default_rng: a SeedSequence, PCG64, and normal numbers by the ziggurat
  constructor(seed) {
    let hash = 0x43b0d7e5;
    const mul = (a, b) => Math.imul(a, b) >>> 0, fold = (x) => (x ^ (x >>> 16)) >>> 0;
    const mix = (value) => {
      value ^= hash;
      hash = mul(hash, 0x931e8875);
      return fold(mul(value, hash));
    };
    const pool = [seed, 0, 0, 0].map(mix);
    for (let from = 0; from < 4; from++) {
      for (let to = 0; to < 4; to++) if (from !== to) pool[to] = fold(mul(0xca01f9dd, pool[to]) - mul(0x4973f715, mix(pool[from])));
    }
    hash = 0x8b51f9dd;
    const words = Array.from({ length: 8 }, (_, k) => {
      const value = pool[k % 4] ^ hash;
      hash = mul(hash, 0x58f38ded);
      return BigInt(fold(mul(value, hash)));
    });
    const wide = (k) => ((words[k + 1] << 32n | words[k]) << 64n) | (words[k + 3] << 32n | words[k + 2]);
    this.step = BigInt.asUintN(128, wide(4) << 1n | 1n);
    this.state = 0n;
    this.advance();
    this.state += wide(0);
    this.advance();
    // The ziggurat: 256 layers of one area, the lowest with the tail beyond `end`.
    const end = 3.6541528853610088, area = 0.004928673233974658, f = (x) => Math.exp(-0.5 * x * x), m = 2 ** 52;
    const edge = [area / f(end)];
    edge[255] = end;
    for (let k = 254; k > 0; k--) edge[k] = Math.sqrt(-2 * Math.log(area / edge[k + 1] + f(edge[k + 1])));
    this.width = edge.map((x) => x / m);
    this.height = edge.map(f);
    this.height[0] = 1;
    this.inside = edge.map((x, k) => Math.floor((k === 0 ? end / x : k === 1 ? 0 : edge[k - 1] / x) * m));
    this.end = end;
  }
  advance() { this.state = BigInt.asUintN(128, this.state * 0x2360ed051fc65da44385df649fccf645n + this.step); }
  word() {
    this.advance();
    const turn = this.state >> 122n, x = BigInt.asUintN(64, this.state >> 64n ^ this.state);
    return BigInt.asUintN(64, x >> turn | x << (64n - turn));
  }
  uniform() { return Number(this.word() >> 11n) / 2 ** 53; }
  normal() {
    for (;;) {
      const word = this.word(), k = Number(word & 255n), far = Number(word >> 9n & 0xfffffffffffffn), x = (word >> 8n & 1n ? -1 : 1) * far * this.width[k];
      if (far < this.inside[k]) return x;
      if (k > 0) {
        if ((this.height[k - 1] - this.height[k]) * this.uniform() + this.height[k] < Math.exp(-0.5 * x * x)) return x;
        continue;
      }
      for (;;) { // the tail
        const a = -Math.log1p(-this.uniform()) / this.end, b = -Math.log1p(-this.uniform());
        if (b + b > a * a) return word >> 17n & 1n ? -(this.end + a) : this.end + a;
      }
    }
  }
}
