// wordfreq: counts the words of text files and prints the commonest ones.
//
//   wordfreq [-n COUNT] [-m MIN_LENGTH] FILE_OR_FOLDER...
//
// A plain C program for WASI preview 1: it reads its arguments, walks folders, reads files and
// writes to standard output. It sees only what it was given: tools/demo mounts one folder,
// read-only, and nothing else of the machine exists for it.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { kMaxWord = 64, kMaxPath = 512, kBarWidth = 32 };

struct entry {
  char* word;
  unsigned count;
};

// An open-addressing hash table that doubles when it is three quarters full.
struct table {
  struct entry* slots;
  size_t capacity;  // a power of two
  size_t used;
};

struct totals {
  size_t files, bytes, words;
};

static void* checked(void* memory) {
  if (memory == NULL) {
    fputs("wordfreq: out of memory\n", stderr);
    exit(1);
  }
  return memory;
}

static size_t hash_word(const char* word) {
  size_t hash = 2166136261u;
  for (; *word != '\0'; ++word) hash = (hash ^ (unsigned char)*word) * 16777619u;
  return hash;
}

// The slot that holds `word`, or the free one where it belongs.
static struct entry* find_slot(const struct table* table, const char* word) {
  size_t at = hash_word(word) & (table->capacity - 1);
  while (table->slots[at].word != NULL && strcmp(table->slots[at].word, word) != 0) {
    at = (at + 1) & (table->capacity - 1);
  }
  return &table->slots[at];
}

static void grow(struct table* table) {
  const struct table old = *table;
  table->capacity = old.capacity == 0 ? 256 : old.capacity * 2;
  table->slots = checked(calloc(table->capacity, sizeof *table->slots));
  for (size_t i = 0; i < old.capacity; ++i) {
    if (old.slots[i].word != NULL) *find_slot(table, old.slots[i].word) = old.slots[i];
  }
  free(old.slots);
}

static void count_word(struct table* table, const char* word) {
  if (table->used * 4 >= table->capacity * 3) grow(table);
  struct entry* entry = find_slot(table, word);
  if (entry->word == NULL) {
    entry->word = checked(strdup(word));
    ++table->used;
  }
  ++entry->count;
}

// Words are runs of letters and of bytes above 127, so that UTF-8 text works; case is folded for
// ASCII.
static int count_file(const char* path, size_t min_length, struct table* table,
                      struct totals* sum) {
  FILE* file = fopen(path, "r");
  if (file == NULL) {
    fprintf(stderr, "wordfreq: %s: %s\n", path, strerror(errno));
    return 1;
  }
  char word[kMaxWord + 1];
  size_t length = 0;
  for (int c = 0; c != EOF;) {
    c = fgetc(file);
    sum->bytes += c != EOF;
    if (c != EOF && (isalpha(c) || c >= 128)) {
      if (length < kMaxWord) word[length++] = (char)tolower(c);
      continue;
    }
    if (length > 0) ++sum->words;
    if (length >= min_length && length > 0) {
      word[length] = '\0';
      count_word(table, word);
    }
    length = 0;
  }
  ++sum->files;
  const int failed = ferror(file);
  fclose(file);
  return failed != 0;
}

static int count_path(const char* path, size_t min_length, struct table* table,
                      struct totals* sum) {
  struct stat status;
  if (stat(path, &status) != 0) {
    fprintf(stderr, "wordfreq: %s: %s\n", path, strerror(errno));
    return 1;
  }
  if (!S_ISDIR(status.st_mode)) return count_file(path, min_length, table, sum);

  DIR* folder = opendir(path);
  if (folder == NULL) {
    fprintf(stderr, "wordfreq: %s: %s\n", path, strerror(errno));
    return 1;
  }
  int failed = 0;
  for (const struct dirent* item; (item = readdir(folder)) != NULL;) {
    if (item->d_name[0] == '.') continue;
    char inner[kMaxPath];
    const int size = snprintf(inner, sizeof inner, "%s/%s", path, item->d_name);
    if (size < 0 || size >= (int)sizeof inner) {
      fprintf(stderr, "wordfreq: %s/%s: path too long\n", path, item->d_name);
      failed = 1;
      continue;
    }
    failed |= count_path(inner, min_length, table, sum);
  }
  closedir(folder);
  return failed;
}

// The commonest word first; equally common ones in alphabetical order, so that the output never
// depends on the hash.
static int compare_entries(const void* a, const void* b) {
  const struct entry* x = a;
  const struct entry* y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return strcmp(x->word, y->word);
}

static void print_top(struct table* table, size_t limit) {
  size_t count = 0;
  for (size_t i = 0; i < table->capacity; ++i) {
    if (table->slots[i].word != NULL) table->slots[count++] = table->slots[i];
  }
  qsort(table->slots, count, sizeof *table->slots, compare_entries);
  for (size_t i = 0; i < count && i < limit; ++i) {
    const struct entry* entry = &table->slots[i];
    const unsigned bar = entry->count * kBarWidth / table->slots[0].count;
    printf("%6u  %-16s %.*s\n", entry->count, entry->word, (int)bar,
           "################################");
  }
}

static size_t number(const char* text) {
  char* end;
  const unsigned long value = strtoul(text, &end, 10);
  if (end == text || *end != '\0') {
    fprintf(stderr, "wordfreq: not a number: %s\n", text);
    exit(2);
  }
  return value;
}

int main(int argc, char** argv) {
  size_t limit = 10;
  size_t min_length = 1;
  int at = 1;
  for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
    if (strcmp(argv[at], "-n") == 0)
      limit = number(argv[at + 1]);
    else if (strcmp(argv[at], "-m") == 0)
      min_length = number(argv[at + 1]);
    else
      break;
  }
  if (at >= argc || argv[at][0] == '-') {
    fputs("usage: wordfreq [-n COUNT] [-m MIN_LENGTH] FILE_OR_FOLDER...\n", stderr);
    return 2;
  }
  struct table table = {NULL, 0, 0};
  struct totals sum = {0, 0, 0};
  int failed = 0;
  for (; at < argc; ++at) failed |= count_path(argv[at], min_length, &table, &sum);
  printf("%zu words, %zu different ones counted, in %zu bytes of %zu files\n\n", sum.words,
         table.used, sum.bytes, sum.files);
  print_top(&table, limit);
  return failed;
}
