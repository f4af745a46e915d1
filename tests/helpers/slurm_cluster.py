"""A Slurm cluster of one node on this machine, made of the distribution's own programs."""

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "setpriv")
SYSTEM_FOLDER = Path("/etc/slurm")
"""Where Slurm's commands look for their configuration in a job, whose environment Snakemake's
plugin cleans of SLURM_CONF."""

NAME = "ClusterName=perfrnn-test"
CONFIG = (
    f"{NAME}\n"
    + """\
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=3600
KillWait=300
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={mb} Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=2-0 State=UP
"""
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom")
"""What stands for GPUs, which are files to Slurm and which no job here touches."""


def missing():
    """Return what keeps a cluster from being started here, in a few words; "" if nothing does."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"no Slurm here: {', '.join(absent)} not found"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "snakemake-executor-plugin-slurm is not installed: pip install -e '.[slurm]'"
    if os.geteuid() != 0:
        return "only root can start Slurm"
    if (SYSTEM_FOLDER / "slurm.conf").exists() and not is_left_over(SYSTEM_FOLDER / "slurm.conf"):
        return f"this machine has a Slurm already: {SYSTEM_FOLDER}"
    try:
        socket.gethostbyname(host_name())
    except OSError:
        return f"/etc/hosts does not know this machine, {host_name()}"
    return ""


def is_left_over(config):
    """Return whether a configuration is that of a test's cluster that was killed."""
    if NAME not in config.read_text():
        return False
    return subprocess.run(["scontrol", "ping"], capture_output=True, check=False).returncode != 0


def host_name():
    return socket.gethostname().partition(".")[0]


@contextmanager
def cluster(folder, *, cpus, mb, gpus):
    """Run a cluster whose node has so many processors, MiB and GPUs, whatever the machine has.

    Its daemons end with the body, or with this process, however that ends.

    Parameters
    ----------
    folder : a new folder, for everything that the cluster writes.
    """
    (folder / "munge").mkdir(parents=True)
    key = folder / "munge/key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    (folder / "spool").mkdir()
    controller_port, node_port = free_ports(2)
    config = CONFIG.format(
        folder=folder, host=host_name(), controller_port=controller_port, node_port=node_port,
        cpus=cpus, mb=mb, gpus=gpus,
    )  # fmt: skip
    files = {
        "slurm.conf": config,
        "gres.conf": "".join(f"Name=gpu File={path}\n" for path in DEVICES[:gpus]),
    }
    with ExitStack() as stack:
        for name, content in files.items():
            (folder / name).write_text(content)
            stack.enter_context(linked(SYSTEM_FOLDER / name, folder / name))
        stack.enter_context(
            daemon(
                "munged", "--foreground", "--force", f"--key-file={key}",
                f"--socket={folder}/munge/socket", f"--pid-file={folder}/munge/pid",
                f"--log-file={folder}/munge/log", f"--seed-file={folder}/munge/seed",
            )
        )  # fmt: skip
        wait_for(["munge", "-S", f"{folder}/munge/socket", "-n"], folder)
        stack.enter_context(daemon("slurmctld", "-D", "-c"))
        wait_for(["scontrol", "ping"], folder)
        stack.enter_context(daemon(*contained(), "slurmd", "-D"))
        wait_for(["sh", "-c", "sinfo --noheader --format=%T | grep -qx idle"], folder)
        stack.callback(cancel_everything)
        yield


@contextmanager
def linked(link, path):
    """Have a symbolic link to `path`, in place of one at most that a dead test has left."""
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    try:
        yield
    finally:
        link.unlink()


@contextmanager
def daemon(*command):
    """Run a daemon that ends with the body, and with this process if that is killed."""
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig=KILL", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def contained():
    """Return what to put before a command so that all it starts ends with it, if that works."""
    unshare = ["unshare", "--pid", "--mount-proc", "--fork", "--kill-child"]
    able = subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0
    return unshare if able else []


def free_ports(count):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def wait_for(command, folder, seconds=60):
    """Try a command until it succeeds."""
    deadline = time.monotonic() + seconds
    while subprocess.run(command, capture_output=True, check=False).returncode:
        if time.monotonic() > deadline:
            logs = [path.read_text()[-2000:] for path in folder.rglob("*log")]
            raise TimeoutError("\n".join([f"{command[0]} fails", *logs]))
        time.sleep(0.1)


def cancel_everything():
    """End all jobs, so that no step outlives the daemons."""
    subprocess.run(["scancel", "--user=root"], capture_output=True, check=False)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        left = subprocess.run(
            ["squeue", "--noheader"], capture_output=True, text=True, check=False
        )
        if not left.stdout.strip():
            return
        time.sleep(0.2)


FIELDS = ("JobID", "Comment", "State", "NumCPUs", "tres-per-job", "StartTime", "EndTime")


def jobs():
    """Return what Slurm knows of every job, by the name of the field."""
    done = subprocess.run(
        ["squeue", "--states=all", "--noheader", "--sort=i", "--Format", ":|,".join(FIELDS)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [[cell.strip() for cell in line.split("|")] for line in done.stdout.splitlines()]
    return [dict(zip(FIELDS, row, strict=True)) for row in rows]


def end_time(job, seconds):
    """Have the time limit of a running job strike so many seconds from now, or within the next 30,
    since Slurm looks at it twice a minute.
    """
    subprocess.run(["scontrol", "update", f"JobId={job}", f"EndTime=now+{seconds}"], check=True)
