using System.Globalization;
using Aviator.Tests.Tooling.Processes;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>What a process took of the machine, from /proc (proc(5)).</summary>
internal static class ProcessUse
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux of this kind

    /// <summary>Processor time so far, user and system, in seconds.</summary>
    public static double ProcessorSeconds(ChildProcess process)
    {
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields behind it.
        var fields = File.ReadAllText($"/proc/{process.Id}/stat").Split(')')[^1].Split(' ');
        return (Ticks(12) + Ticks(13)) / TicksPerSecond;

        double Ticks(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture);
    }

    /// <summary>Resident memory now and at its highest, in MiB.</summary>
    public static (double Now, double Highest) ResidentMiB(ChildProcess process)
    {
        var lines = File.ReadAllLines($"/proc/{process.Id}/status");
        return (MiB("VmRSS:"), MiB("VmHWM:"));

        double MiB(string name) => double.Parse(
            lines.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..^2], CultureInfo.InvariantCulture) / 1024;
    }
}
