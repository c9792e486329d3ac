using System.Globalization;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// A process of the test cluster itself, as eng/cluster recorded it: known by id, start time and boot, so that no other process is ever
/// signalled.
/// </summary>
internal sealed class ClusterProcess
{
    private readonly int _id;

    private ClusterProcess(int id) => _id = id;

    /// <summary>Finds one by name; skips the test on a cluster that was not brought up by eng/cluster.</summary>
    public static ClusterProcess Find(string name)
    {
        var cluster = Environment.GetEnvironmentVariable("AVIATOR_CLUSTER");
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        var record = Path.Combine(state, "aviator", cluster ?? "", "run", "processes", name);
        Assert.SkipUnless(cluster is { Length: > 0 } && File.Exists(record),
            $"{name} can be stopped only in a cluster that eng/cluster/up.sh started from packages");
        var known = File.ReadAllText(record).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var id = int.Parse(known[0], CultureInfo.InvariantCulture);
        // After the program's name in brackets: state, …, start time as field 22 (proc(5)).
        var stat = File.ReadAllText($"/proc/{id}/stat");
        var started = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        Assert.Equal(known[1], started);
        return new(id);
    }

    /// <summary>Sends it a signal.</summary>
    public void Send(Signal signal) => Assert.True(Signals.Send(_id, signal), $"process {_id} has ended");
}
