"""What the operations of the dialect mean, in float64 and by plain loops over windows (compiler/IR/ResnetOps.td)."""

import numpy as np


def taps(x, kernel, stride, padding, value=0.0):
    """(r, s, the [N,C,Ho,Wo] that each output's window holds there) of a window over x."""
    out = [(size + 2 * padding - kernel) // stride + 1 for size in x.shape[2:]]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), constant_values=value)
    for r in range(kernel):
        for s in range(kernel):
            rows, columns = (slice(at, at + stride * (n - 1) + 1, stride) for at, n in zip((r, s), out))
            yield r, s, padded[:, :, rows, columns]


def conv2d(x, weight, stride, padding):
    return sum(
        np.einsum("nchw,kc->nkhw", part, weight[:, :, r, s]) for r, s, part in taps(x, weight.shape[2], stride, padding)
    )


def bf16(values):
    """float32 rounded to the nearest bf16, ties to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def scatter(parts, shape, kernel, stride, padding):
    """The sum of [N,C,Ho,Wo] parts, each added where its tap (r, s) was read from: dx of `shape` [N,C,H,W]."""
    h, w = shape[2:]
    dx = np.zeros((*shape[:2], h + 2 * padding + kernel + stride, w + 2 * padding + kernel + stride))
    for r, s, part in parts:
        rows, columns = (slice(at, at + stride * (m - 1) + 1, stride) for at, m in zip((r, s), part.shape[2:]))
        dx[:, :, rows, columns] += part
    return dx[:, :, padding : padding + h, padding : padding + w]


def conv2d_dx(dy, weight, shape, stride, padding):
    kernel = weight.shape[2]
    parts = (
        (r, s, np.einsum("nkhw,kc->nchw", dy, weight[:, :, r, s])) for r in range(kernel) for s in range(kernel)
    )
    return scatter(parts, shape, kernel, stride, padding)


def conv2d_dw(x, dy, kernel, stride, padding):
    dw = np.zeros((dy.shape[1], x.shape[1], kernel, kernel))
    for r, s, part in taps(x, kernel, stride, padding):
        dw[:, :, r, s] = np.einsum("nchw,nkhw->kc", part, dy)
    return dw


def max_pool(x, kernel, stride, padding):
    """(y, winner): the winner is r*kernel + s, the first at a tie."""
    stack = np.stack([part for _, _, part in taps(x, kernel, stride, padding, -np.inf)])
    return stack.max(axis=0), np.argmax(stack, axis=0)


def max_pool_margin(x, kernel, stride, padding):
    """How far the second of a window is below its maximum, at least. A window of zeros is none: a ReLU clipped them all."""
    stack = np.sort(np.stack([part for _, _, part in taps(x, kernel, stride, padding, -np.inf)]), axis=0)
    return (stack[-1] - stack[-2])[stack[-1] != 0].min()


def max_pool_grad(dy, winner, shape, kernel, stride, padding):
    parts = ((r, s, np.where(winner == r * kernel + s, dy, 0)) for r in range(kernel) for s in range(kernel))
    return scatter(parts, shape, kernel, stride, padding)


def by_channel(v):
    return v.reshape(-1, 1, 1)


def batch_norm(x, weight, bias, mean, var, eps):
    return (x - by_channel(mean)) / np.sqrt(by_channel(var) + eps) * by_channel(weight) + by_channel(bias)


def statistics(x):
    """(mean, biased variance) of each channel."""
    return x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))


def batch_norm_sums(x, dy, mean, var, eps):
    """(dweight, dbias)"""
    normal = (x - by_channel(mean)) / np.sqrt(by_channel(var) + eps)
    return (dy * normal).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


def batch_norm_dx(x, dy, weight, mean, var, dweight, dbias, eps):
    m = x[:, 0].size
    deviation = np.sqrt(by_channel(var) + eps)
    normal = (x - by_channel(mean)) / deviation
    return by_channel(weight) / deviation * (dy - by_channel(dbias) / m - normal * by_channel(dweight) / m)


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax_cross_entropy(logits, labels, smoothing, divisor):
    """(sum of the losses, hits, dlogits)"""
    n, k = logits.shape
    log_p = log_softmax(logits)
    target = np.full((n, k), smoothing / k)
    target[np.arange(n), labels] += 1 - smoothing
    hits = int((logits.argmax(axis=1) == labels).sum())
    return -(target * log_p).sum(), hits, (np.exp(log_p) - target) / divisor


def philox(counter, key):
    """The first word of Philox4x32-10 (Salmon et al.), uint64 arrays of 32-bit words in and out."""
    c, k, low = [np.asarray(v, np.uint64) for v in counter], [np.uint64(v) for v in key], np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(q >> np.uint64(32)) ^ c[1] ^ k[0], q & low, (p >> np.uint64(32)) ^ c[3] ^ k[1], p & low]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low, (k[1] + np.uint64(0xBB67AE85)) & low]
    return c[0]


def dropout(x, rate, site, seed, step, sample_ids):
    """x [N,C] by the mask that (seed, step, sample, site, element) stand for."""
    ids = np.asarray(sample_ids, np.int64).astype(np.uint64).reshape(-1, 1)
    element = np.arange(x.shape[1], dtype=np.uint64).reshape(1, -1)
    purpose = (0x64726F70 ^ (site << 16)) & 0xFFFFFFFF  # "drop"
    key = (seed & 0xFFFFFFFF, (seed >> 32 & 0xFFFFFFFF) ^ purpose)
    low = np.uint64(0xFFFFFFFF)
    word = philox([element, np.uint64(step & 0xFFFFFFFF), ids & low, ids >> np.uint64(32)], key)
    return np.where(word < np.uint64(min(rate * 2**32, 2**32 - 1)), 0, x / (1 - rate))
