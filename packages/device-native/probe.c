// Loads the library and runs its check in a process of its own, which a crash may take down: PROBE LIBRARY.
// Prints "VERSION VARIANT" if all is well; ends with 1 and a line on standard error if not.
#include <dlfcn.h>
#include <stdio.h>

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) fprintf(stderr, "it has no symbol %s\n", name);
  return found;
}

int main(int count, char **arguments) {
  void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : 0;
  if (!library) {
    fprintf(stderr, "%s\n", count == 2 ? dlerror() : "give it the path of the library");
    return 1;
  }
  const char *(*version)(void) = (const char *(*)(void))symbol(library, "library_version");
  const char *(*variant)(void) = (const char *(*)(void))symbol(library, "library_variant");
  if (!version || !variant) return 1;
  char name[64];
  snprintf(name, sizeof name, "kernel_check_%s", variant());
  double (*check)(const double *) = (double (*)(const double *))symbol(library, name);
  if (!check) return 1;
  if (check(0) != 0) {
    fprintf(stderr, "its %s kernels compute wrong numbers on this machine\n", variant());
    return 1;
  }
  printf("%s %s\n", version(), variant());
  return 0;
}
