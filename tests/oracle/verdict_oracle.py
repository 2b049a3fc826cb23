"""Holds the two readings of the rules of verdicts against each other: the program's and the shell script's, on histories drawn by chance.

    verdict_oracle.py KIP JUDGE [COUNT [SEED]]
"""

import random
import subprocess
import sys
import tempfile

DUE = 1000


def time(draw):
    """Near the limit more often than not."""
    return DUE + draw.choice([-2, -1, 0, 1, 2, draw.randint(-200, 200)])


def place(draw):
    return draw.randint(0, 12)


def optional(draw, value, chance=0.3):
    return "-" if draw.random() < chance else str(value)


def history(draw, number):
    lines = [f"history h{number}", f"due {optional(draw, DUE, 0.05)}", f"quorum {draw.choice([1, 1, 1, 2, 3])}"]
    lines.append(f"opened {place(draw)}")
    for _ in range(draw.randint(0, 5)):
        centre, half = time(draw), draw.choice([0, 1, 20])
        development = draw.choice(["", "", " development"])
        lines.append(
            f"stamp {draw.choice('ABC')} {centre - half} {centre + half} {place(draw)} {optional(draw, place(draw))}{development}"
        )
    for _ in range(draw.randint(0, 3)):
        lines.append(f"head {place(draw)} {place(draw)}")
    for _ in range(draw.choice([0, 1, 1, 2])):
        lines.append(" ".join(["part"] + [str(place(draw)) for _ in range(draw.choice([0, 1, 1, 2]))]))
    for _ in range(draw.choice([0, 0, 1, 2])):
        lines.append(f"rollout {place(draw)} {optional(draw, place(draw), 0.5)}")
    for install in range(draw.choice([0, 1, 1, 2, 3])):
        words = [f"install PC{install}"]
        if draw.random() < 0.1:
            words.append("contradicted")
        if draw.random() < 0.2:
            words.append(f"retired={place(draw)}")
        if draw.random() < 0.2:
            words.append("signed")
        if draw.random() < 0.2:
            words.append(f"attested={time(draw)}")
        lines.append(" ".join(words))
        for _ in range(draw.choice([0, 1, 1, 2, 3])):
            kind = draw.choice(["installed", "already-installed"])
            gap = draw.choice(["", "", " gap"])
            lines.append(f"word {place(draw)} {kind} {time(draw)} {optional(draw, time(draw))}{gap}")
    return lines


def main():
    kip, judge = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 600
    draw = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 20251103)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for number in range(count):
            print(*history(draw, number), sep="\n", file=file)
        file.flush()
        ours = subprocess.run([kip, "evidence", "judge", file.name], check=True, capture_output=True, text=True).stdout
        theirs = subprocess.run(["sh", judge, file.name], check=True, capture_output=True, text=True).stdout
        differences = [pair for pair in zip(ours.splitlines(), theirs.splitlines()) if pair[0] != pair[1]]
        for program, script in differences[:10]:
            print(f"the program: {program}\nthe script:  {script}")
        if differences or ours.count("\n") != theirs.count("\n"):
            sys.exit(f"{len(differences)} judgements differ")
        verdicts = {line.split()[2] for line in ours.splitlines()}
        if verdicts != {"MET", "LATE", "DISPUTED", "INDETERMINATE"}:
            sys.exit(f"not every verdict occurs: {sorted(verdicts)}")
        print(f"{ours.count(chr(10))} judgements of {count} histories agree")


main()
