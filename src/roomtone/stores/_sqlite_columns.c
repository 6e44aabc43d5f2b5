/* The rows of a statement as columns, through the very library that Python's sqlite3 has open.

sqlite3 makes a tuple of each row, lets others have the interpreter for each, and locks the
connection for each value: half of what reading much costs. Here a connection is locked, and the
interpreter kept, for some hundred rows at a time. Where anything is not as it is known here, None
is returned, and whoever asked does the same with sqlite3, which says what is wrong. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#ifndef _WIN32
#include <dlfcn.h>
#endif

/* As sqlite3.h has them, which they will be for as long as there is SQLite 3. */
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef struct sqlite3_value sqlite3_value;
typedef struct sqlite3_mutex sqlite3_mutex;
enum { SQLITE_OK = 0, SQLITE_ROW = 100, SQLITE_DONE = 101 };
enum { SQLITE_INTEGER = 1, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB, SQLITE_NULL };
#define SQLITE_TRANSIENT ((void (*)(void *))(intptr_t)-1)

static struct {
    int (*prepare_v2)(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
    int (*step)(sqlite3_stmt *);
    int (*finalize)(sqlite3_stmt *);
    int (*bind_int64)(sqlite3_stmt *, int, int64_t);
    int (*bind_double)(sqlite3_stmt *, int, double);
    int (*bind_null)(sqlite3_stmt *, int);
    int (*bind_text)(sqlite3_stmt *, int, const char *, int, void (*)(void *));
    int (*bind_parameter_count)(sqlite3_stmt *);
    int (*stmt_readonly)(sqlite3_stmt *);
    int (*column_count)(sqlite3_stmt *);
    sqlite3_value *(*column_value)(sqlite3_stmt *, int);
    int (*value_type)(sqlite3_value *);
    int64_t (*value_int64)(sqlite3_value *);
    double (*value_double)(sqlite3_value *);
    const unsigned char *(*value_text)(sqlite3_value *);
    const void *(*value_blob)(sqlite3_value *);
    int (*value_bytes)(sqlite3_value *);
    sqlite3_mutex *(*db_mutex)(sqlite3 *);
    void (*mutex_enter)(sqlite3_mutex *);
    void (*mutex_leave)(sqlite3_mutex *);
} lite;

static PyTypeObject *connection_type; /* sqlite3.Connection; NULL until `load` */

/* How a connection begins in CPython 3.11 to 3.14 (Modules/_sqlite/connection.h). */
typedef struct {
    PyObject_HEAD
    sqlite3 *db;
} Connection;

enum { AT_ONCE = 500, RECENT = 4, SHORT = 24, MOST_COLUMNS = 64 };

PyDoc_STRVAR(load_doc, "Find the library that `sqlite3` uses, by the path of its compiled part. "
                       "Raises ImportError where it cannot be found or is not known.");

static PyObject *load(PyObject *module, PyObject *args)
{
    PyObject *type;
    const char *path;
    if (!PyArg_ParseTuple(args, "O!s", &PyType_Type, &type, &path)) return NULL;
#if defined(_WIN32) || defined(Py_GIL_DISABLED) || PY_VERSION_HEX < 0x030B0000 || \
    PY_VERSION_HEX >= 0x030F0000
    PyErr_SetString(PyExc_ImportError, "sqlite3 is not known here from within");
    return NULL;
#else
    void *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL) {
        PyErr_Format(PyExc_ImportError, "sqlite3 is not loaded from %s", path);
        return NULL;
    }
    struct {
        const char *name;
        void *to;
    } wanted[] = {
        {"sqlite3_prepare_v2", &lite.prepare_v2},     {"sqlite3_step", &lite.step},
        {"sqlite3_finalize", &lite.finalize},         {"sqlite3_bind_int64", &lite.bind_int64},
        {"sqlite3_bind_double", &lite.bind_double},   {"sqlite3_bind_null", &lite.bind_null},
        {"sqlite3_bind_text", &lite.bind_text},       {"sqlite3_db_mutex", &lite.db_mutex},
        {"sqlite3_stmt_readonly", &lite.stmt_readonly},
        {"sqlite3_bind_parameter_count", &lite.bind_parameter_count},
        {"sqlite3_column_count", &lite.column_count}, {"sqlite3_column_value", &lite.column_value},
        {"sqlite3_value_type", &lite.value_type},     {"sqlite3_value_int64", &lite.value_int64},
        {"sqlite3_value_double", &lite.value_double}, {"sqlite3_value_text", &lite.value_text},
        {"sqlite3_value_blob", &lite.value_blob},     {"sqlite3_value_bytes", &lite.value_bytes},
        {"sqlite3_mutex_enter", &lite.mutex_enter},   {"sqlite3_mutex_leave", &lite.mutex_leave},
    };
    /* The handle stays open: the library must outlive what points into it. */
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *found = dlsym(library, wanted[i].name);
        if (found == NULL) {
            PyErr_Format(PyExc_ImportError, "%s has no %s", path, wanted[i].name);
            return NULL;
        }
        memcpy(wanted[i].to, &found, sizeof found);
    }
    Py_INCREF(type);
    connection_type = (PyTypeObject *)type;
    Py_RETURN_NONE;
#endif
}

/* Whether all values were bound; 0 with an error or without one, where it is not known how. */
static int bind(sqlite3_stmt *statement, PyObject *given)
{
    Py_ssize_t count = PySequence_Fast_GET_SIZE(given);
    if (count != lite.bind_parameter_count(statement)) return 0;
    for (int i = 0; i < count; i++) {
        PyObject *value = PySequence_Fast_GET_ITEM(given, i);
        int code;
        if (value == Py_None) code = lite.bind_null(statement, i + 1);
        else if (PyLong_CheckExact(value)) {
            int overflow;
            long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
            if (overflow || (number == -1 && PyErr_Occurred())) return 0;
            code = lite.bind_int64(statement, i + 1, number);
        }
        else if (PyFloat_CheckExact(value))
            code = lite.bind_double(statement, i + 1, PyFloat_AS_DOUBLE(value));
        else if (PyUnicode_CheckExact(value)) {
            Py_ssize_t size;
            const char *text = PyUnicode_AsUTF8AndSize(value, &size);
            if (text == NULL || size > INT_MAX) return 0;
            code = lite.bind_text(statement, i + 1, text, (int)size, SQLITE_TRANSIENT);
        }
        else return 0;
        if (code != SQLITE_OK) return 0;
    }
    return 1;
}

/* A text; short ones that came lately in the same column are the same object again. */
static PyObject *text_of(sqlite3_value *value, PyObject **recent)
{
    const char *text = (const char *)lite.value_text(value);
    Py_ssize_t size = lite.value_bytes(value);
    if (text == NULL) return NULL;
    if (size > SHORT) return PyUnicode_DecodeUTF8(text, size, NULL);
    for (int i = 0; i < RECENT && recent[i] != NULL; i++)
        if (PyUnicode_GET_LENGTH(recent[i]) == size &&
            memcmp(PyUnicode_1BYTE_DATA(recent[i]), text, (size_t)size) == 0)
            return Py_NewRef(recent[i]);
    PyObject *made = PyUnicode_DecodeUTF8(text, size, NULL);
    if (made == NULL || !PyUnicode_IS_ASCII(made)) return made;
    Py_XDECREF(recent[RECENT - 1]);
    memmove(recent + 1, recent, (RECENT - 1) * sizeof *recent);
    recent[0] = Py_NewRef(made);
    return made;
}

/* The connection's mutex is held, so that the value may be looked at as it stands there. */
static PyObject *value_of(sqlite3_value *value, PyObject **recent)
{
    switch (lite.value_type(value)) {
    case SQLITE_INTEGER: return PyLong_FromLongLong(lite.value_int64(value));
    case SQLITE_FLOAT: return PyFloat_FromDouble(lite.value_double(value));
    case SQLITE_TEXT: return text_of(value, recent);
    case SQLITE_NULL: Py_RETURN_NONE;
    default: {
        const void *blob = lite.value_blob(value);
        return PyBytes_FromStringAndSize(blob, lite.value_bytes(value));
    }
    }
}

/* The row at hand and up to AT_ONCE in all behind the columns: how the last step ended, 0 where a
 * value was none. */
static int some_rows(sqlite3_stmt *statement, PyObject **columns, int count,
                     PyObject *(*recent)[RECENT])
{
    int code = SQLITE_ROW;
    for (int row = 0; row < AT_ONCE && code == SQLITE_ROW; row++) {
        for (int i = 0; i < count; i++) {
            PyObject *value = value_of(lite.column_value(statement, i), recent[i]);
            if (value == NULL) return 0;
            int failed = PyList_Append(columns[i], value);
            Py_DECREF(value);
            if (failed) return 0;
        }
        code = lite.step(statement);
    }
    return code;
}

static int all_rows(sqlite3 *db, sqlite3_stmt *statement, PyObject **columns, int count)
{
    PyObject *recent[MOST_COLUMNS][RECENT] = {{NULL}};
    sqlite3_mutex *mutex = lite.db_mutex(db);
    int code;
    /* The first step may wait for a lock, or sort: nobody else waits for that. */
    Py_BEGIN_ALLOW_THREADS
    code = lite.step(statement);
    Py_END_ALLOW_THREADS
    while (code == SQLITE_ROW) {
        /* Others must not wait for the mutex while they hold the interpreter: it is never let go
         * within. */
        lite.mutex_enter(mutex);
        code = some_rows(statement, columns, count, recent);
        lite.mutex_leave(mutex);
        if (code == SQLITE_ROW) {
            Py_BEGIN_ALLOW_THREADS
            Py_END_ALLOW_THREADS
        }
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < RECENT; j++) Py_XDECREF(recent[i][j]);
    return code;
}

PyDoc_STRVAR(columns_doc, "The columns of a statement's rows as lists; None where sqlite3 has to "
                          "be asked, which says why.");

static PyObject *columns(PyObject *module, PyObject *args)
{
    PyObject *connection, *given_as, *made = NULL, *lists[MOST_COLUMNS] = {NULL};
    const char *sql;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "Os#O", &connection, &sql, &size, &given_as)) return NULL;
    if (connection_type == NULL || !Py_IS_TYPE(connection, connection_type) || size > INT_MAX)
        Py_RETURN_NONE;
    sqlite3 *db = ((Connection *)connection)->db;
    if (db == NULL) Py_RETURN_NONE; /* closed */
    PyObject *given = PySequence_Fast(given_as, "what is given must be a sequence");
    if (given == NULL) return NULL;
    sqlite3_stmt *statement = NULL;
    const char *rest = "";
    int prepared;
    Py_BEGIN_ALLOW_THREADS
    prepared = lite.prepare_v2(db, sql, (int)size, &statement, &rest);
    Py_END_ALLOW_THREADS
    int ready = prepared == SQLITE_OK && statement != NULL && *rest == 0 &&
                lite.stmt_readonly(statement) && bind(statement, given);
    int count = ready ? lite.column_count(statement) : 0;
    int code = 0;
    if (ready && count > 0 && count <= MOST_COLUMNS) {
        int failed = 0;
        for (int i = 0; i < count; i++) failed |= (lists[i] = PyList_New(0)) == NULL;
        if (!failed) code = all_rows(db, statement, lists, count);
        if (code == SQLITE_DONE && (made = PyList_New(count)) != NULL)
            for (int i = 0; i < count; i++) PyList_SET_ITEM(made, i, Py_NewRef(lists[i]));
        for (int i = 0; i < count; i++) Py_XDECREF(lists[i]);
    }
    lite.finalize(statement);
    Py_DECREF(given);
    if (made != NULL) return made;
    if (PyErr_ExceptionMatches(PyExc_MemoryError)) return NULL;
    PyErr_Clear(); /* a text that is none, a number too large: sqlite3 says so */
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"load", load, METH_VARARGS, load_doc},
    {"columns", columns, METH_VARARGS, columns_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef sqlite_columns = {
    PyModuleDef_HEAD_INIT, "roomtone.stores._sqlite_columns", "Rows as columns.", -1, functions,
};

PyMODINIT_FUNC PyInit__sqlite_columns(void) { return PyModule_Create(&sqlite_columns); }
