// Builds, searches, sums and frees binary search trees from a free-list allocator: pointers and
// recursion.
#include "../bench.h"

enum { kNodes = 8192 };
struct node {
  struct node *left, *right;
  u32 key, count;
};
static struct node pool[kNodes];
static struct node* free_list;

const u32 kDefaultRounds = 41;

static struct node* allocate(u32 key) {
  struct node* n = free_list;
  free_list = n->left;
  n->left = n->right = 0;
  n->key = key;
  n->count = 1;
  return n;
}

static NOINLINE struct node* insert(struct node* n, u32 key) {
  if (!n) return allocate(key);
  if (key < n->key)
    n->left = insert(n->left, key);
  else if (key > n->key)
    n->right = insert(n->right, key);
  else
    ++n->count;
  return n;
}

static NOINLINE u64 sum(const struct node* n) {
  return n ? sum(n->left) * 3 + n->key * (u64)n->count + sum(n->right) : 0;
}

static NOINLINE u32 depth(const struct node* n) {
  if (!n) return 0;
  const u32 l = depth(n->left);
  const u32 r = depth(n->right);
  return 1 + (l > r ? l : r);
}

static NOINLINE void release(struct node* n) {
  if (!n) return;
  release(n->left);
  release(n->right);
  n->left = free_list;
  free_list = n;
}

u64 run(u32 rounds) {
  free_list = 0;
  for (u32 i = 0; i < kNodes; ++i) {
    pool[i].left = free_list;
    free_list = &pool[i];
  }
  u32 seed = 7;
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    struct node* root = 0;
    for (u32 i = 0; i < kNodes; ++i) root = insert(root, next_random(&seed) >> 12);
    for (u32 i = 0; i < 10; ++i) hash = mix(hash, sum(root) + depth(root));
    release(root);
  }
  return hash;
}
