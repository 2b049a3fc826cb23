#!/usr/bin/env python3
"""Compares `kip deadline compute --batch` with a second reading of the laws.

    deadline_oracle.py KIP CALENDARS [--days N] [--hours N] [--seed N]

Written from the texts of the laws alone, and in another way than the engine: days by looking at every day in turn, hours
by walking from minute to minute through the zone's local time. CALENDARS holds VN.json, HU.json and CN.json as they were
received; what ends after their coverage is not asked. Exit status 1 and the first differences where there are some.

  Viet Nam, Civil Code 2015   147.2, 147.3 the day of the event does not count; 148.1 to 148.4 end of days, weeks, months,
                              years; 148.5 a weekend day or holiday at the end moves on; 148.6 ends at 24:00; 147.1 hours
                              and minutes start at the moment
  Hungary, Civil Code         s. 8:3: the same for the starting day, weeks, months, years, and a last day of rest
  China, Civil Code           201 the first day does not count; 202 month and year ends; 203 rest days at the end, 24:00 or
                              close of business
  Regulation 1182/71          3(1) event day, and hour, excluded; 3(2) ends; 3(4) last day; 3(5) two working days; 2(2)
                              Saturdays and Sundays are never working days
"""

import argparse
import calendar
import datetime as dt
import json
import random
import subprocess
import sys
import zoneinfo

DAY = dt.timedelta(days=1)
IN_OFFICE_HOURS = ["working-hours", "duty-hours", "intake-then-elapsed", "intake-then-skip-statutory-holidays"]
MINUTE = dt.timedelta(minutes=1)
UTC = dt.timezone.utc
USUAL_RULE = {"VN": "VN-CIVIL-2015", "HU": "HU-CONTRACT", "CN": "CN-CIVIL"}


class Country:
    """Days of a country, as its file lists them."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        self.zone = zoneinfo.ZoneInfo(data["timezone"])
        self.weekend = set(data["weekend"])
        self.first = dt.date.fromisoformat(data["coverage"]["from"])
        self.last = dt.date.fromisoformat(data["coverage"]["to"])
        self.rows = {dt.date.fromisoformat(row["date"]): row for row in data["days"]}

    def is_rest(self, day, profile, saturdays_never=False):
        row = self.rows.get(day)
        if row and profile == "statutory" and row["type"] == "swap":
            row = None
        if saturdays_never and day.isoweekday() in self.weekend:
            return True
        if row:
            return row["kind"] == "off"
        return day.isoweekday() in self.weekend

    def is_legal_holiday(self, day):
        row = self.rows.get(day)
        return bool(row) and row["kind"] == "off" and row["type"] in ("statutory", "compensatory")


def add_months(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day(country, rule, profile, event, amount, unit):
    never = rule == "EU-1182-71"
    rest = lambda day: country.is_rest(day, profile, never)
    if unit == "working-day":
        day = event
        while amount:
            day += DAY
            amount -= 0 if rest(day) else 1
        return day
    day = {
        "day": lambda: event + amount * DAY,
        "week": lambda: event + 7 * amount * DAY,
        "month": lambda: add_months(event, amount),
        "year": lambda: add_months(event, 12 * amount),
    }[unit]()
    if rule == "LITERAL":
        return day
    period_of_days = (day - event).days
    while rest(day):
        day += DAY
    if never and period_of_days >= 2:
        while sum(not rest(event + n * DAY) for n in range(1, (day - event).days + 1)) < 2:
            day += DAY
    return day


def midnight_after(country, day, close=None):
    if close and close != "24:00":
        local = dt.datetime.combine(day, dt.time.fromisoformat(close), country.zone)
    else:
        local = dt.datetime.combine(day + DAY, dt.time(), country.zone)
    return local.astimezone(UTC)


def runs(country, request, local):
    """Whether the clock runs during the minute that begins at this local time."""
    clock, day = request.get("clock", "elapsed"), local.date()
    if clock == "elapsed":
        return True
    if clock == "duty-hours":
        return is_open(request, local)
    if clock in ("skip-statutory-holidays", "intake-then-skip-statutory-holidays"):
        return not country.is_legal_holiday(day)
    if country.is_rest(day, request["profile"]):
        return False
    return clock == "skip-non-working-days" or is_open(request, local)


def is_open(request, local):
    now = local.strftime("%H:%M")
    return any(block[:5] <= now < block[6:] for block in request["office"])


def clock_due(country, request):
    at = dt.datetime.fromisoformat(request["at"]).astimezone(UTC)
    left = request["period"]["amount"] * (1 if request["period"]["unit"] == "minute" else 60)
    local = lambda: at.astimezone(country.zone)
    if request.get("rule") == "EU-1182-71" and request["period"]["unit"] != "minute":
        at += MINUTE
        while local().minute:
            at += MINUTE
    if request.get("clock", "").startswith("intake-then-"):
        while country.is_rest(local().date(), request["profile"]) or not is_open(request, local()):
            at += MINUTE
    if request.get("clock") == "intake-then-elapsed":
        return at + left * MINUTE
    while left:
        left -= 1 if runs(country, request, local()) else 0
        at += MINUTE
    return at


def text(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def day_case(countries, chance):
    name = chance.choice(["VN", "HU", "CN"])
    country = countries[name]
    rule = chance.choice([USUAL_RULE[name]] * 6 + ["EU-1182-71", "LITERAL"])
    profile = chance.choice(["public", "statutory"])
    unit = chance.choice(["day"] * 6 + ["working-day", "week", "month", "year"])
    amount = chance.randint(1, {"day": 60, "working-day": 30, "week": 20, "month": 18, "year": 2}[unit])
    event = country.first + chance.randrange((country.last - country.first).days) * DAY
    if chance.random() < 0.2:
        event = event.replace(day=calendar.monthrange(event.year, event.month)[1])
    request = {"jurisdiction": name, "rule": rule, "profile": profile, "on": event.isoformat()}
    request["period"] = {"amount": amount, "unit": unit}
    day = last_day(country, rule, profile, event, amount, unit)
    if day > country.last:
        return None
    close = None
    if rule == "CN-CIVIL" and chance.random() < 0.2:
        close = request["close_of_business"] = chance.choice(["17:00", "18:30", "24:00"])
    return request, {"last_day": day.isoformat(), "due": text(midnight_after(country, day, close))}


def hour_case(countries, chance):
    name = chance.choice(["VN", "HU", "HU", "CN"])
    country = countries[name]
    start = dt.datetime.combine(country.first, dt.time(), UTC)
    minutes = ((country.last - country.first).days - 40) * 1440
    at = (start + chance.randrange(minutes) * MINUTE).astimezone(country.zone)
    unit = chance.choice(["hour", "hour", "minute", "working-hour"])
    clock = chance.choice(["elapsed", "skip-statutory-holidays", "skip-non-working-days", *IN_OFFICE_HOURS])
    request = {"jurisdiction": name, "profile": chance.choice(["public", "statutory"]), "at": at.isoformat()}
    request["period"] = {"amount": chance.randint(1, 300 if unit == "minute" else 48), "unit": unit}
    if unit == "working-hour":
        clock = chance.choice(["working-hours", "duty-hours"])
        request["period"]["amount"] = chance.randint(1, 20)
    if clock != "elapsed" or chance.random() < 0.5:
        request["clock"] = clock
    if clock == "elapsed" and chance.random() < 0.5:
        request["rule"] = "EU-1182-71"
    if clock in IN_OFFICE_HOURS:
        request["office"] = chance.choice([["08:00-12:00", "13:00-17:00"], ["08:00-16:00"], ["07:30-11:30", "12:15-24:00"]])
    return request, {"due": text(clock_due(country, request))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kip")
    parser.add_argument("calendars")
    parser.add_argument("--days", type=int, default=12000)
    parser.add_argument("--hours", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    countries = {name: Country(f"{options.calendars}/{name}.json") for name in USUAL_RULE}
    chance = random.Random(options.seed)
    cases = []
    for make, number in ((day_case, options.days), (hour_case, options.hours)):
        wanted = len(cases) + number
        while len(cases) < wanted:
            case = make(countries, chance)
            if case:
                cases.append(case)
    lines = "".join(json.dumps({"id": n, **request}) + "\n" for n, (request, _) in enumerate(cases))
    ran = subprocess.run(
        [options.kip, "deadline", "compute", "--batch", "-"], input=lines, capture_output=True, encoding="utf-8", check=True
    )
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    if len(answers) != len(cases):
        sys.exit(f"{len(cases)} lines asked, {len(answers)} answered")
    wrong = 0
    for n, ((request, expected), answer) in enumerate(zip(cases, answers)):
        found = {name: value for name, value in answer.items() if name != "warnings"}
        if found != {"id": n, **expected}:
            wrong += 1
            if wrong <= 10:
                print(f"{json.dumps(request)}\n  expected {json.dumps(expected)}\n  found    {json.dumps(answer)}")
    print(f"{options.days} limits in days and {options.hours} on a clock compared, {wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
