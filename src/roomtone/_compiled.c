/* The hot loops of counting.py, increments.py and events.py once more, compiled.

What each does, and why, is said there; the tests hold both to the same results. Fields of structs
and rooms are read where their types say that they lie, without looking names up. Nothing is done
by halves: an event that is not as most are goes to `odd` before anything of it was counted. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <datetime.h>
#include <structmember.h>

#define SHAPE 1 /* as in compiled.py */

/* As in rooms.py and increments.py; `know_rooms` is told the same numbers and refuses others. */
enum { WINDOW_S = 60, MINUTES = 32, KINDS = 6, POLL_OPEN_S = 600 };
enum { CHAT, REACTIONS, VOTES, ACTIVE, JOINS };
#define NEVER (-1LL)
#define UNSEEN (-(1LL << 40))
#define SURELY_IN_TIME_US (9LL * 1000000)
#define UNCHANGED (-1LL)
#define EARLIEST 100000 /* before this second negative places could arise */

typedef enum { FAILED = -1, DONE, ODD } Outcome;

static struct {
    PyTypeObject *occurrence, *message, *reaction, *join, *vote, *room;
    Py_ssize_t session, at, user, role, emoji, target, action, bot, poll;
    Py_ssize_t slot, users, present, gone, full, unread, polls, voters;
    Py_ssize_t most_unread;
    PyObject *role_user, *action_add, *never, *unseen;
} known;

static struct {
    PyObject *rooms, *news, *said, *reacted, *acted, *before, *met, *came, *polled, *plus, *minus,
        *minute_plus, *minute_minus, *touched, *capacity, *max_users, *recall, *utcoffset;
} names;

static inline PyObject *at_offset(PyObject *object, Py_ssize_t offset)
{
    return *(PyObject **)((char *)object + offset);
}

/* -- what the types say ------------------------------------------------------------------------ */

static int find(PyTypeObject *type, const char *name, Py_ssize_t *offset)
{
    PyObject *member = PyObject_GetAttrString((PyObject *)type, name);
    if (member == NULL) return -1;
    if (!Py_IS_TYPE(member, &PyMemberDescr_Type) ||
        ((PyMemberDescrObject *)member)->d_member->type != T_OBJECT_EX ||
        !PyType_IsSubtype(type, PyDescr_TYPE(member))) {
        PyErr_Format(PyExc_TypeError, "%s.%s is no slot", type->tp_name, name);
        Py_DECREF(member);
        return -1;
    }
    *offset = ((PyMemberDescrObject *)member)->d_member->offset;
    Py_DECREF(member);
    return 0;
}

PyDoc_STRVAR(know_events_doc, "Look up where the fields of events lie.");

static PyObject *know_events(PyObject *module, PyObject *args)
{
    PyTypeObject *occurrence, *message, *reaction, *join, *vote;
    if (!PyArg_ParseTuple(args, "O!O!O!O!O!", &PyType_Type, &occurrence, &PyType_Type, &message,
                          &PyType_Type, &reaction, &PyType_Type, &join, &PyType_Type, &vote))
        return NULL;
    if (!PyType_IsSubtype(message, occurrence) || !PyType_IsSubtype(reaction, occurrence) ||
        !PyType_IsSubtype(join, occurrence) || !PyType_IsSubtype(vote, occurrence)) {
        PyErr_SetString(PyExc_TypeError, "all of them must be occurrences");
        return NULL;
    }
    if (find(occurrence, "session", &known.session) || find(occurrence, "at", &known.at) ||
        find(occurrence, "user", &known.user) || find(message, "role", &known.role) ||
        find(reaction, "emoji", &known.emoji) || find(reaction, "target", &known.target) ||
        find(reaction, "action", &known.action) || find(reaction, "bot", &known.bot) ||
        find(vote, "poll", &known.poll))
        return NULL;
    Py_INCREF(occurrence), Py_INCREF(message), Py_INCREF(reaction), Py_INCREF(join);
    Py_INCREF(vote);
    known.occurrence = occurrence, known.message = message, known.reaction = reaction;
    known.join = join, known.vote = vote;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(know_rooms_doc, "Look up where the fields of rooms lie, and compare the numbers.");

static PyObject *know_rooms(PyObject *module, PyObject *args)
{
    PyTypeObject *room;
    int window, minutes, kinds, chat, reactions, votes, active, joins, poll_open, most_unread;
    long long never, unseen;
    if (!PyArg_ParseTuple(args, "O!(iiiiiiiii)iLL", &PyType_Type, &room, &window, &minutes,
                          &kinds, &chat, &reactions, &votes, &active, &joins, &poll_open,
                          &most_unread, &never, &unseen))
        return NULL;
    if (window != WINDOW_S || minutes != MINUTES || kinds != KINDS || chat != CHAT ||
        reactions != REACTIONS || votes != VOTES || active != ACTIVE || joins != JOINS ||
        poll_open != POLL_OPEN_S || never != NEVER || unseen != UNSEEN) {
        PyErr_SetString(PyExc_ValueError, "compiled for other columns; build it anew");
        return NULL;
    }
    if (find(room, "slot", &known.slot) || find(room, "users", &known.users) ||
        find(room, "present", &known.present) || find(room, "gone", &known.gone) ||
        find(room, "full", &known.full) || find(room, "unread", &known.unread) ||
        find(room, "polls", &known.polls) || find(room, "voters", &known.voters))
        return NULL;
    Py_INCREF(room);
    known.room = room;
    known.most_unread = most_unread;
    Py_RETURN_NONE;
}

/* -- time -------------------------------------------------------------------------------------- */

static long long days_since_1970(int year, int month, int day)
{
    year -= month <= 2;
    long long era = (year >= 0 ? year : year - 399) / 400;
    int of_era = (int)(year - era * 400);
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Microseconds since 1970 of an aware datetime; ODD for what is none. */
static Outcome instant(PyObject *at, long long *us)
{
    if (!PyDateTime_CheckExact(at)) return ODD;
    PyObject *zone = PyDateTime_DATE_GET_TZINFO(at);
    if (zone == Py_None) return ODD;
    long long days = days_since_1970(PyDateTime_GET_YEAR(at), PyDateTime_GET_MONTH(at),
                                     PyDateTime_GET_DAY(at));
    long long seconds = days * 86400 + PyDateTime_DATE_GET_HOUR(at) * 3600 +
                        PyDateTime_DATE_GET_MINUTE(at) * 60 + PyDateTime_DATE_GET_SECOND(at);
    *us = seconds * 1000000 + PyDateTime_DATE_GET_MICROSECOND(at);
    if (zone == PyDateTime_TimeZone_UTC) return DONE;
    PyObject *offset = PyObject_CallMethodNoArgs(at, names.utcoffset);
    if (offset == NULL) return FAILED;
    if (!PyDelta_Check(offset)) {
        Py_DECREF(offset);
        return ODD;
    }
    seconds = PyDateTime_DELTA_GET_DAYS(offset) * 86400LL + PyDateTime_DELTA_GET_SECONDS(offset);
    *us -= seconds * 1000000 + PyDateTime_DELTA_GET_MICROSECONDS(offset);
    Py_DECREF(offset);
    return DONE;
}

PyDoc_STRVAR(stretch_doc, "As counting.stretch.");

static PyObject *stretch(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    long long low, latest, high, us;
    if (count != 5 || known.occurrence == NULL) {
        PyErr_SetString(PyExc_TypeError, "stretch takes events, start, low, latest and high, "
                                         "when events are known");
        return NULL;
    }
    Py_ssize_t index = PyLong_AsSsize_t(args[1]);
    if (index == -1 && PyErr_Occurred()) return NULL;
    for (int i = 2; i < 5; i++) {
        Outcome read = instant(args[i], i == 2 ? &low : i == 3 ? &latest : &high);
        if (read == ODD) PyErr_SetString(PyExc_TypeError, "aware datetimes are needed");
        if (read != DONE) return NULL;
    }
    PyObject *events = PySequence_Fast(args[0], "events must be a sequence");
    if (events == NULL) return NULL;
    PyObject *newest = args[3];
    for (; index >= 0 && index < PySequence_Fast_GET_SIZE(events); index++) {
        PyObject *event = PySequence_Fast_GET_ITEM(events, index);
        if (!PyObject_TypeCheck(event, known.occurrence)) break;
        PyObject *at = at_offset(event, known.at);
        if (at == NULL || at == Py_None) break;
        Outcome read = instant(at, &us);
        if (read == FAILED) {
            Py_DECREF(events);
            return NULL;
        }
        if (read == ODD || us < low || us >= high) break;
        if (us >= latest) {
            latest = us;
            newest = at;
        }
    }
    PyObject *found = Py_BuildValue("nO", index, newest);
    Py_DECREF(events);
    return found;
}

/* -- events ------------------------------------------------------------------------------------ */

typedef struct {
    PyObject *rooms, *by_id, *acts, *touched, *said, *reacted, *acted, *before, *met, *came,
        *polled, *plus, *minus, *minute_plus, *minute_minus, *head, *recent;
    long long now, lately, capacity, max_users;
    int on_time;
} Counting;

static PyObject *attribute(PyObject *of, PyObject *name, PyTypeObject *type)
{
    PyObject *value = PyObject_GetAttr(of, name);
    if (value != NULL && !Py_IS_TYPE(value, type)) {
        PyErr_Format(PyExc_TypeError, "%U must be a %s", name, type->tp_name);
        Py_CLEAR(value);
    }
    return value;
}

static int number(PyObject *of, PyObject *name, long long *value)
{
    PyObject *found = PyObject_GetAttr(of, name);
    if (found == NULL) return -1;
    *value = PyLong_AsLongLong(found);
    Py_DECREF(found);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

static int push(PyObject *list, long long value)
{
    PyObject *made = PyLong_FromLongLong(value);
    if (made == NULL) return -1;
    int failed = PyList_Append(list, made);
    Py_DECREF(made);
    return failed;
}

static int is_word(PyObject *text, PyObject *word)
{
    if (text == word) return 1;
    return text != NULL && PyUnicode_CheckExact(text) && PyUnicode_Compare(text, word) == 0;
}

static long long place(const Counting *c, long long second, long long slot, int kind)
{
    return ((second % WINDOW_S) * c->capacity + slot) * KINDS + kind;
}

static Outcome second_of(const Counting *c, PyObject *at, long long *second)
{
    long long us;
    *second = c->now;
    if (at == Py_None) return DONE;
    Outcome read = instant(at, &us);
    if (read != DONE) return read;
    long long lag = c->now * 1000000 - us;
    if (lag <= 0) return DONE;
    if (!c->on_time || lag > SURELY_IN_TIME_US) return ODD;
    *second = c->now - (lag + 999999) / 1000000;
    return DONE;
}

/* Whether somebody's act in a second only moves their last one; since when that was, in `last`. */
static Outcome can_move(const Counting *c, PyObject *room, PyObject *user, long long second,
                        PyObject **last_object, long long *last)
{
    PyObject *users = at_offset(room, known.users), *gone = at_offset(room, known.gone),
             *present = at_offset(room, known.present), *full = at_offset(room, known.full);
    if (users == NULL || !PyDict_CheckExact(users) || present == NULL || gone == NULL)
        return ODD;
    if (!PyUnicode_CheckExact(user)) return ODD;
    if (second < c->now && PyDict_CheckExact(gone) && PyDict_GET_SIZE(gone)) {
        int left = PyDict_Contains(gone, user);
        if (left) return left < 0 ? FAILED : ODD;
    }
    *last_object = PyDict_GetItemWithError(users, user);
    if (*last_object == NULL) {
        if (PyErr_Occurred()) return FAILED;
        if (PyDict_GET_SIZE(users) >= c->max_users) return ODD;
        *last = UNSEEN;
    }
    else {
        *last = PyLong_AsLongLong(*last_object);
        if (*last == -1 && PyErr_Occurred()) return FAILED;
        if (*last >= second) return DONE;
    }
    if (second < c->now || *last <= c->lately || full != Py_False) {
        if (present == Py_None) return DONE;
        if (!PyDict_CheckExact(present)) return ODD;
        int here = PyDict_Contains(present, user);
        if (here != 1) return here < 0 ? FAILED : ODD;
    }
    return DONE;
}

/* Somebody's last act was in `last`, and is in `second` now. */
static int move(const Counting *c, PyObject *room, PyObject *user, long long second,
                PyObject *last_object, long long last)
{
    PyObject *slot_object = at_offset(room, known.slot);
    if (last_object == NULL && PyList_Append(c->met, slot_object)) return -1;
    if (second == c->now) {
        if (PyList_Append(c->acted, slot_object)) return -1;
        if (PyList_Append(c->before, last_object ? last_object : known.unseen)) return -1;
        return PyDict_SetItem(at_offset(room, known.users), user, c->head);
    }
    long long slot = PyLong_AsLongLong(slot_object), minute = second / 60;
    long long before = last == NEVER || last_object == NULL ? NEVER : last / 60;
    PyObject *now = PyLong_FromLongLong(second);
    if (now == NULL) return -1;
    int failed = PyDict_SetItem(at_offset(room, known.users), user, now);
    Py_DECREF(now);
    if (failed || push(c->plus, place(c, second, slot, ACTIVE))) return -1;
    if (last_object != NULL && last > c->now - WINDOW_S &&
        push(c->minus, place(c, last, slot, ACTIVE)))
        return -1;
    if (before == minute) return 0;
    if (before > c->now / 60 - MINUTES && before != NEVER &&
        push(c->minute_minus, (before % MINUTES) * c->capacity + slot))
        return -1;
    return push(c->minute_plus, (minute % MINUTES) * c->capacity + slot);
}

/* A reaction is remembered, so that it can be taken back. */
static int remember(const Counting *c, PyObject *room, PyObject *event, PyObject *user,
                    long long second)
{
    PyObject *unread = at_offset(room, known.unread);
    PyObject *emoji = at_offset(event, known.emoji), *target = at_offset(event, known.target);
    PyObject *at = PyLong_FromLongLong(second);
    if (at == NULL) return -1;
    int failed = PyList_Append(unread, user) || PyList_Append(unread, emoji) ||
                 PyList_Append(unread, target) || PyList_Append(unread, at) ||
                 PyList_Append(unread, c->recent);
    Py_DECREF(at);
    if (failed) return -1;
    if (PyList_GET_SIZE(unread) < known.most_unread) return 0;
    PyObject *done = PyObject_CallMethodNoArgs(room, names.recall);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Somebody voted in a poll that is open, and may not have before. */
static Outcome vote(const Counting *c, PyObject *event, PyObject *room, PyObject *user,
                    long long second)
{
    PyObject *polls = at_offset(room, known.polls), *counts = at_offset(room, known.voters),
             *poll = at_offset(event, known.poll);
    if (polls == NULL || !PyDict_CheckExact(polls) || counts == NULL ||
        !PyDict_CheckExact(counts) || poll == NULL || !PyUnicode_CheckExact(poll))
        return ODD;
    PyObject *voters = PyDict_GetItemWithError(polls, poll);
    if (voters == NULL) return PyErr_Occurred() ? FAILED : ODD;
    if (!PySet_CheckExact(voters)) return ODD;
    long long people = UNCHANGED;
    if (user != Py_None && PySet_GET_SIZE(voters) < c->max_users) {
        int voted = PySet_Contains(voters, user);
        if (voted < 0) return FAILED;
        if (!voted) {
            PyObject *before = PyDict_GetItemWithError(counts, user);
            if (before == NULL && PyErr_Occurred()) return FAILED;
            PyObject *more = PyLong_FromLong(before ? PyLong_AsLong(before) + 1 : 1);
            if (more == NULL) return FAILED;
            int failed = PySet_Add(voters, user) || PyDict_SetItem(counts, user, more);
            Py_DECREF(more);
            if (failed) return FAILED;
            people = PyDict_GET_SIZE(counts);
        }
    }
    return PyList_Append(c->polled, at_offset(room, known.slot)) ||
                   push(c->polled, second + POLL_OPEN_S) || push(c->polled, people)
               ? FAILED
               : DONE;
}

static Outcome count_act(const Counting *c, PyObject *event, PyObject *room, long long second,
                         int kind)
{
    PyObject *slot_object = at_offset(room, known.slot), *user = at_offset(event, known.user);
    PyObject *last_object = NULL;
    long long last = 0;
    if (kind == REACTIONS) {
        PyObject *unread = at_offset(room, known.unread);
        if (unread == NULL || !PyList_CheckExact(unread) ||
            at_offset(event, known.emoji) == NULL || at_offset(event, known.target) == NULL)
            return ODD;
    }
    if (user != Py_None) {
        Outcome moves = can_move(c, room, user, second, &last_object, &last);
        if (moves != DONE) return moves;
    }
    if (kind == VOTES) {
        Outcome voted = vote(c, event, room, user, second);
        if (voted != DONE) return voted;
    }
    if (kind != VOTES && second == c->now) {
        if (PyList_Append(kind == CHAT ? c->said : c->reacted, slot_object)) return FAILED;
    }
    else {
        long long slot = PyLong_AsLongLong(slot_object);
        if (slot == -1 && PyErr_Occurred()) return FAILED;
        if (push(c->plus, place(c, second, slot, kind))) return FAILED;
        if (PySet_Add(c->acts, slot_object)) return FAILED;
    }
    if (user == Py_None) return DONE;
    if ((last_object == NULL || last < second) &&
        move(c, room, user, second, last_object, last))
        return FAILED;
    if (kind == REACTIONS && PyUnicode_GET_LENGTH(user) &&
        remember(c, room, event, user, second))
        return FAILED;
    return DONE;
}

/* Somebody came in whom nobody saw leave, where it is known who is here. */
static Outcome join(const Counting *c, PyObject *event, PyObject *room, long long second)
{
    PyObject *slot_object = at_offset(room, known.slot), *user = at_offset(event, known.user),
             *users = at_offset(room, known.users), *present = at_offset(room, known.present),
             *gone = at_offset(room, known.gone);
    if (!PyUnicode_CheckExact(user) || users == NULL || !PyDict_CheckExact(users) ||
        present == NULL || !PyDict_CheckExact(present) || gone == NULL ||
        !PyDict_CheckExact(gone))
        return ODD;
    int left = PyDict_Contains(gone, user);
    if (left) return left < 0 ? FAILED : ODD;
    if (PyDict_GET_SIZE(present) >= c->max_users || PyDict_GET_SIZE(users) >= c->max_users)
        return ODD;
    int here = PyDict_Contains(present, user);
    if (here < 0) return FAILED;
    long long slot = PyLong_AsLongLong(slot_object);
    if (slot == -1 && PyErr_Occurred()) return FAILED;
    int seen = PyDict_Contains(users, user);
    if (seen < 0) return FAILED;
    if (!seen && (PyDict_SetItem(users, user, known.never) || PyList_Append(c->met, slot_object)))
        return FAILED;
    if (PySet_Add(c->touched, slot_object)) return FAILED;
    if (here) return DONE;
    PyObject *since = PyLong_FromLongLong(second);
    if (since == NULL) return FAILED;
    int failed = PyDict_SetItem(present, user, since);
    Py_DECREF(since);
    if (failed || PyList_Append(c->came, slot_object) ||
        push(c->plus, place(c, second, slot, JOINS)))
        return FAILED;
    return DONE;
}

static Outcome count_one(const Counting *c, PyObject *event)
{
    int kind = CHAT;
    if (Py_IS_TYPE(event, known.message)) {
        if (!is_word(at_offset(event, known.role), known.role_user)) return ODD;
    }
    else if (Py_IS_TYPE(event, known.reaction)) {
        kind = REACTIONS;
        if (!is_word(at_offset(event, known.action), known.action_add) ||
            at_offset(event, known.bot) != Py_None)
            return ODD;
    }
    else if (Py_IS_TYPE(event, known.join)) kind = JOINS;
    else if (Py_IS_TYPE(event, known.vote)) kind = VOTES;
    else return ODD;
    PyObject *at = at_offset(event, known.at), *session = at_offset(event, known.session);
    if (at == NULL || session == NULL || !PyUnicode_CheckExact(session) ||
        at_offset(event, known.user) == NULL)
        return ODD;
    long long second;
    Outcome read = second_of(c, at, &second);
    if (read != DONE) return read;
    PyObject *room = PyDict_GetItemWithError(c->by_id, session);
    if (room == NULL) return PyErr_Occurred() ? FAILED : ODD;
    if (!Py_IS_TYPE(room, known.room)) return ODD;
    PyObject *slot = at_offset(room, known.slot);
    if (slot == NULL || !PyLong_CheckExact(slot)) return ODD;
    Py_INCREF(room);
    Outcome done = kind == JOINS ? join(c, event, room, second)
                                 : count_act(c, event, room, second, kind);
    Py_DECREF(room);
    return done;
}

static int begin(Counting *c, PyObject *rooms, PyObject *now, PyObject *lately)
{
    c->rooms = rooms;
    c->now = PyLong_AsLongLong(now);
    c->lately = PyLong_AsLongLong(lately);
    if (PyErr_Occurred()) return -1;
    PyObject *news = PyObject_GetAttr(rooms, names.news);
    if (news == NULL) return -1;
    int failed = !((c->by_id = attribute(rooms, names.rooms, &PyDict_Type)) &&
                   (c->acts = attribute(rooms, names.acted, &PySet_Type)) &&
                   (c->touched = attribute(rooms, names.touched, &PySet_Type)) &&
                   (c->said = attribute(news, names.said, &PyList_Type)) &&
                   (c->reacted = attribute(news, names.reacted, &PyList_Type)) &&
                   (c->acted = attribute(news, names.acted, &PyList_Type)) &&
                   (c->before = attribute(news, names.before, &PyList_Type)) &&
                   (c->met = attribute(news, names.met, &PyList_Type)) &&
                   (c->came = attribute(news, names.came, &PyList_Type)) &&
                   (c->polled = attribute(news, names.polled, &PyList_Type)) &&
                   (c->plus = attribute(news, names.plus, &PyList_Type)) &&
                   (c->minus = attribute(news, names.minus, &PyList_Type)) &&
                   (c->minute_plus = attribute(news, names.minute_plus, &PyList_Type)) &&
                   (c->minute_minus = attribute(news, names.minute_minus, &PyList_Type)) &&
                   (c->recent = PyLong_FromLongLong(c->now - WINDOW_S)));
    Py_DECREF(news);
    if (failed || number(rooms, names.capacity, &c->capacity) ||
        number(rooms, names.max_users, &c->max_users))
        return -1;
    c->head = now;
    return 0;
}

static void end(Counting *c)
{
    PyObject *held[] = {c->by_id, c->acts,   c->touched, c->said,  c->reacted,
                        c->acted, c->before, c->met,     c->came,  c->polled,
                        c->plus,  c->minus,  c->minute_plus, c->minute_minus, c->recent};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) Py_XDECREF(held[i]);
}

static int hand_on(Counting *c, PyObject *odd, Py_ssize_t index, PyObject *event)
{
    PyObject *place = PyLong_FromSsize_t(index);
    if (place == NULL) return -1;
    PyObject *given[] = {place, event};
    Py_INCREF(event);
    PyObject *done = PyObject_Vectorcall(odd, given, 2, NULL);
    Py_DECREF(event);
    Py_DECREF(place);
    if (done == NULL) return -1;
    Py_DECREF(done);
    return number(c->rooms, names.capacity, &c->capacity); /* there may be more rooms now */
}

PyDoc_STRVAR(gather_doc, "As counting.gather.");

static PyObject *gather(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Counting c = {0};
    PyObject *events = NULL;
    int failed = 1;
    if (count != 6 || known.room == NULL || known.message == NULL) {
        PyErr_SetString(PyExc_TypeError, "gather takes rooms, events, now, lately, on_time and "
                                         "odd, when events and rooms are known");
        return NULL;
    }
    PyObject *odd = args[5];
    c.on_time = PyObject_IsTrue(args[4]);
    if (c.on_time < 0 || begin(&c, args[0], args[2], args[3])) goto done;
    events = PySequence_Fast(args[1], "events must be a sequence");
    if (events == NULL) goto done;
    for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(events); index++) {
        PyObject *event = PySequence_Fast_GET_ITEM(events, index);
        Outcome outcome = c.now < EARLIEST ? ODD : count_one(&c, event);
        if (outcome == FAILED) goto done;
        if (outcome == ODD && hand_on(&c, odd, index, event)) goto done;
    }
    failed = 0;
done:
    Py_XDECREF(events);
    end(&c);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

/* -- the columns ------------------------------------------------------------------------------- */

typedef struct {
    Py_buffer buckets, minutes, tallies, last, quiet, changed;
    int taken;
    Py_ssize_t capacity;
} Columns;

static int take(Py_buffer *view, PyObject *array, int dimensions, Py_ssize_t size)
{
    if (PyObject_GetBuffer(array, view, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS)) return -1;
    if (view->ndim == dimensions && view->itemsize == size) return 0;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "a column of another shape or type");
    return -1;
}

static void release(Columns *columns)
{
    Py_buffer *views[] = {&columns->buckets, &columns->minutes, &columns->tallies,
                          &columns->last,    &columns->quiet,   &columns->changed};
    for (int i = 0; i < columns->taken; i++) PyBuffer_Release(views[i]);
}

static int take_all(Columns *columns, PyObject *const *arrays)
{
    static const struct {
        int dimensions;
        Py_ssize_t size;
    } kinds[] = {{3, 4}, {2, 4}, {2, 8}, {1, 8}, {1, 8}, {1, 1}};
    Py_buffer *views[] = {&columns->buckets, &columns->minutes, &columns->tallies,
                          &columns->last,    &columns->quiet,   &columns->changed};
    for (columns->taken = 0; columns->taken < 6; columns->taken++) {
        int i = columns->taken;
        if (take(views[i], arrays[i], kinds[i].dimensions, kinds[i].size)) return -1;
    }
    Py_ssize_t slots = columns->capacity = columns->tallies.shape[0];
    if (columns->buckets.shape[0] == WINDOW_S && columns->buckets.shape[1] == slots &&
        columns->buckets.shape[2] == KINDS && columns->minutes.shape[0] == MINUTES &&
        columns->minutes.shape[1] == slots && columns->tallies.shape[1] == KINDS &&
        columns->last.shape[0] == slots && columns->quiet.shape[0] == slots &&
        columns->changed.shape[0] == slots)
        return 0;
    PyErr_SetString(PyExc_ValueError, "columns of different lengths");
    return -1;
}

/* The next of a list of places, which must be below `most`. */
static int next_place(PyObject *list, Py_ssize_t index, Py_ssize_t most, Py_ssize_t *place)
{
    *place = PyLong_AsSsize_t(PyList_GET_ITEM(list, index));
    if (*place >= 0 && *place < most) return 0;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_IndexError, "a place outside the columns");
    return -1;
}

static int empty(PyObject *list) { return PyList_SetSlice(list, 0, PyList_GET_SIZE(list), NULL); }

/* Acts of the newest second, each noted by its slot. */
static int count_newest(Columns *columns, PyObject *slots, long long head, int kind)
{
    int32_t *buckets = columns->buckets.buf;
    int64_t *tallies = columns->tallies.buf, *last = columns->last.buf,
            *quiet = columns->quiet.buf;
    char *changed = columns->changed.buf;
    Py_ssize_t slot, base = (Py_ssize_t)(head % WINDOW_S) * columns->capacity;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(slots); i++) {
        if (next_place(slots, i, columns->capacity, &slot)) return -1;
        buckets[(base + slot) * KINDS + kind]++;
        tallies[slot * KINDS + kind]++;
        last[slot] = quiet[slot] = head;
        changed[slot] = 1;
    }
    return empty(slots);
}

/* Who acted is active in the newest second and minute, and no longer in an older one. */
static int move_newest(Columns *columns, PyObject *acted, PyObject *before, long long head)
{
    int32_t *buckets = columns->buckets.buf, *minutes = columns->minutes.buf;
    Py_ssize_t slot, slots = columns->capacity;
    long long minute = head / 60;
    if (PyList_GET_SIZE(acted) != PyList_GET_SIZE(before)) {
        PyErr_SetString(PyExc_ValueError, "as many seconds as slots are needed");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(acted); i++) {
        if (next_place(acted, i, slots, &slot)) return -1;
        long long was = PyLong_AsLongLong(PyList_GET_ITEM(before, i));
        if (was == -1 && PyErr_Occurred()) return -1;
        buckets[((head % WINDOW_S) * slots + slot) * KINDS + ACTIVE]++;
        if (was >= 0 && was > head - WINDOW_S)
            buckets[((was % WINDOW_S) * slots + slot) * KINDS + ACTIVE]--;
        if (was >= 0 && was / 60 == minute) continue;
        minutes[(minute % MINUTES) * slots + slot]++;
        if (was >= 0 && was / 60 > minute - MINUTES)
            minutes[(was / 60 % MINUTES) * slots + slot]--;
    }
    return empty(acted) || empty(before) ? -1 : 0;
}

/* Places in the buckets, flat, and with them in the tallies. */
static int add_places(Columns *columns, PyObject *places, int by)
{
    int32_t *buckets = columns->buckets.buf;
    int64_t *tallies = columns->tallies.buf;
    Py_ssize_t at, size = columns->capacity * KINDS;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(places); i++) {
        if (next_place(places, i, WINDOW_S * size, &at)) return -1;
        buckets[at] += by;
        tallies[at % size] += by;
    }
    return empty(places);
}

static int add_minutes(Columns *columns, PyObject *places, int by)
{
    int32_t *minutes = columns->minutes.buf;
    Py_ssize_t at;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(places); i++) {
        if (next_place(places, i, MINUTES * columns->capacity, &at)) return -1;
        minutes[at] += by;
    }
    return empty(places);
}

PyDoc_STRVAR(settle_doc, "As increments.settle.");

static PyObject *settle(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Columns columns = {.taken = 0};
    PyObject *lists[8] = {NULL}, *wanted[] = {names.said, names.reacted, names.acted,
                                              names.before, names.plus, names.minus,
                                              names.minute_plus, names.minute_minus};
    int failed = 1;
    if (count != 8) {
        PyErr_SetString(PyExc_TypeError, "settle takes the increments, the head and six columns");
        return NULL;
    }
    long long head = PyLong_AsLongLong(args[1]);
    if (head == -1 && PyErr_Occurred()) return NULL;
    if (head < 0) {
        PyErr_SetString(PyExc_ValueError, "the head is before 1970");
        return NULL;
    }
    for (int i = 0; i < 8; i++)
        if ((lists[i] = attribute(args[0], wanted[i], &PyList_Type)) == NULL) goto done;
    if (take_all(&columns, args + 2)) goto done;
    failed = count_newest(&columns, lists[0], head, CHAT) ||
             count_newest(&columns, lists[1], head, REACTIONS) ||
             move_newest(&columns, lists[2], lists[3], head) ||
             add_places(&columns, lists[4], 1) || add_places(&columns, lists[5], -1) ||
             add_minutes(&columns, lists[6], 1) || add_minutes(&columns, lists[7], -1);
done:
    release(&columns);
    for (int i = 0; i < 8; i++) Py_XDECREF(lists[i]);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

/* -- bodies ------------------------------------------------------------------------------------ */

PyDoc_STRVAR(between_doc, "How often a line feed has `}` before it and `{` behind it.");

static PyObject *between(PyObject *module, PyObject *body)
{
    char *text;
    Py_ssize_t size, apart = 0;
    if (PyBytes_AsStringAndSize(body, &text, &size)) return NULL;
    const char *end = text + size, *at = text;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        apart += at > text && at[-1] == '}' && at + 1 < end && at[1] == '{';
        at++;
    }
    return PyLong_FromSsize_t(apart);
}

static int is_control(const char *at, const char *end)
{
    if (strchr("bfnrt", *at) != NULL && *at) return 1;
    if (end - at < 5 || at[0] != 'u' || at[1] != '0' || at[2] != '0') return 0;
    return at[3] == '0' || at[3] == '1' || (at[3] == '7' && (at[4] == 'f' || at[4] == 'F'));
}

PyDoc_STRVAR(suspect_doc, "As events.is_suspect.");

static PyObject *suspect(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    char *text;
    Py_ssize_t size;
    if (count != 2 || known.occurrence == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "suspect takes a body and its events, when events are known");
        return NULL;
    }
    if (PyBytes_AsStringAndSize(args[0], &text, &size)) return NULL;
    const char *end = text + size, *at = text;
    if (memchr(text, 0x7f, (size_t)size) != NULL) Py_RETURN_TRUE;
    while (at < end && (at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        if (++at < end && is_control(at, end)) Py_RETURN_TRUE;
        at++; /* of two backslashes the second one escapes nothing */
    }
    PyObject *events = PySequence_Fast(args[1], "events must be a sequence");
    if (events == NULL) return NULL;
    int found = 0;
    for (Py_ssize_t i = 0; !found && i < PySequence_Fast_GET_SIZE(events); i++) {
        PyObject *event = PySequence_Fast_GET_ITEM(events, i);
        if (!PyObject_TypeCheck(event, known.occurrence)) continue;
        PyObject *when = at_offset(event, known.at);
        if (when == NULL || !PyDateTime_Check(when)) continue;
        int year = PyDateTime_GET_YEAR(when);
        found = year == 1 || year == 9999;
    }
    Py_DECREF(events);
    return PyBool_FromLong(found);
}

/* ---------------------------------------------------------------------------------------------- */

static PyMethodDef functions[] = {
    {"know_events", know_events, METH_VARARGS, know_events_doc},
    {"know_rooms", know_rooms, METH_VARARGS, know_rooms_doc},
    {"stretch", (PyCFunction)(void (*)(void))stretch, METH_FASTCALL, stretch_doc},
    {"gather", (PyCFunction)(void (*)(void))gather, METH_FASTCALL, gather_doc},
    {"settle", (PyCFunction)(void (*)(void))settle, METH_FASTCALL, settle_doc},
    {"between", between, METH_O, between_doc},
    {"suspect", (PyCFunction)(void (*)(void))suspect, METH_FASTCALL, suspect_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef compiled = {
    PyModuleDef_HEAD_INIT, "roomtone._compiled", "The hot loops, compiled.", -1, functions,
};

PyMODINIT_FUNC PyInit__compiled(void)
{
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == NULL) return NULL;
    struct {
        PyObject **to;
        const char *text;
    } words[] = {
        {&names.rooms, "rooms"},       {&names.news, "news"},
        {&names.said, "said"},         {&names.reacted, "reacted"},
        {&names.acted, "acted"},       {&names.before, "before"},
        {&names.met, "met"},           {&names.plus, "plus"},
        {&names.minus, "minus"},       {&names.minute_plus, "minute_plus"},
        {&names.capacity, "capacity"}, {&names.minute_minus, "minute_minus"},
        {&names.recall, "recall"},     {&names.max_users, "max_users"},
        {&known.role_user, "user"},    {&names.utcoffset, "utcoffset"},
        {&known.action_add, "add"},    {&names.touched, "touched"},
        {&names.came, "came"},         {&names.polled, "polled"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((*words[i].to = PyUnicode_InternFromString(words[i].text)) == NULL) return NULL;
    if ((known.unseen = PyLong_FromLongLong(UNSEEN)) == NULL) return NULL;
    if ((known.never = PyLong_FromLongLong(NEVER)) == NULL) return NULL;
    PyObject *module = PyModule_Create(&compiled);
    if (module != NULL && PyModule_AddIntConstant(module, "SHAPE", SHAPE)) Py_CLEAR(module);
    return module;
}
