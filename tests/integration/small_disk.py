"""A disk of a chosen size or mood, in a mount namespace of its own: nobody else sees it."""

import subprocess

import pytest


class SmallDisk:
    """A tmpfs; `inside` in front of a command runs it where the disk is."""

    def __init__(self, at, size):
        self.at = at
        at.mkdir()
        self.holder = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c",
             'mount -t tmpfs -o size="$2" tmpfs "$1" && chmod 700 "$1" && echo up && exec cat',
             "sh", at, size],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "up\n":
            self.stop()
            pytest.skip("mounting is not permitted here")
        self.inside = ["nsenter", "-t", str(self.holder.pid), "-m", "--"]
        self.seen = f"/proc/{self.holder.pid}/root{at}"  # for us, who are outside

    def remount(self, options):
        subprocess.run([*self.inside, "mount", "-o", "remount," + options, self.at], check=True)

    def stop(self):
        self.holder.stdin.close()
        self.holder.wait(timeout=60)
        self.holder.stdout.close()
        self.holder.stderr.close()
