/* The commit that this program was built from, abbreviated; empty where the build was not told. */
const char *build_commit(void);
