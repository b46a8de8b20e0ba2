// NumPy's RandomState(seed).
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
