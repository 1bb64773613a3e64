"""Linear and logistic regression with arrays and mx.grad alone."""

import time

import mlx.core as mx

num_features = 100
num_examples = 1_000
num_iters = 2_000
lr = 0.01

mx.random.seed(0)
w_star = mx.random.normal((num_features,))
X = mx.random.normal((num_examples, num_features))
eps = 1e-2 * mx.random.normal((num_examples,))
y = X @ w_star + eps
w = 1e-2 * mx.random.normal((num_features,))


def loss_fn(w):
    return 0.5 * mx.mean(mx.square(X @ w - y))


grad_fn = mx.grad(loss_fn)
tic = time.time()
for _ in range(num_iters):
    grad = grad_fn(w)
    w = w - lr * grad
    mx.eval(w)
toc = time.time()

loss = loss_fn(w)
error_norm = mx.sum(mx.square(w - w_star)).item() ** 0.5
print("loss below 1e-4", loss.item() < 1e-4, "error below 0.01", error_norm < 0.01)
assert loss.item() < 1e-4 and error_norm < 0.01 and toc > tic

label = (X @ w_star) > 0
v = 1e-2 * mx.random.normal((num_features,))


def logistic(v):
    logits = X @ v
    return mx.mean(mx.logaddexp(0.0, logits) - label * logits)


logistic_grad = mx.grad(logistic)
for _ in range(500):
    v = v - 0.5 * logistic_grad(v)
    mx.eval(v)
accuracy = mx.mean(((X @ v) > 0) == label).item()
print("accurate", accuracy > 0.97)
assert accuracy > 0.97
