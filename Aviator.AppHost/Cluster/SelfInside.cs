using System.Diagnostics;
using System.Reflection;

namespace Aviator.AppHost.Cluster;

/// <summary>
/// Runs the whole host again inside the test cluster's network, where pods and Services can be reached: what it starts, its health checks and
/// its load then need to know nothing of namespaces.
/// </summary>
internal static class SelfInside
{
    /// <summary>Starts it, passes the signals on, and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> inside, string[] args, StopSignal stop)
    {
        // The running host: the program itself, or dotnet and the assembly.
        string[] self = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [Environment.ProcessPath!, Assembly.GetExecutingAssembly().Location] : [Environment.ProcessPath!];
        Console.WriteLine("the current cluster has a network of its own; going on inside it");
        using var process = Process.Start(new ProcessStartInfo(inside[0], [.. inside.Skip(1), .. self, .. args]))!;

        // A Ctrl-C at the terminal reaches the inner host by itself; a signal to this process alone does not, and asking twice does no harm.
        using var passing = stop.Token.Register(() => Signal.Terminate(process));
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
