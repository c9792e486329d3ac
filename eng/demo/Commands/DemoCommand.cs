using System.Globalization;
using Aviator.Tests.Tooling.Kubernetes;

namespace Aviator.Demo.Commands;

/// <summary>
/// What the demo does beside the demonstration itself, for hosts that start its parts one by one:
/// <c>load NAMESPACE SERVICE RATE</c> and <c>delay NAMESPACE SERVICE DELAY [POD]</c>.
/// </summary>
internal static class DemoCommand
{
    /// <summary>Runs the command that the arguments name.</summary>
    /// <exception cref="ArgumentException">The arguments are not those of a command; the message says what they may be.</exception>
    public static async Task RunAsync(string[] args, TextWriter output, CancellationToken stop)
    {
        switch (args)
        {
            case ["load", var ns, var service, var rate]:
                await WithClusterAsync(Rate(rate), (api, perSecond) => new LoadCommand(api, output).RunAsync(ns, service, perSecond, stop));
                break;
            case ["delay", var ns, var service, var delay, .. var rest] when rest.Length < 2:
                await WithClusterAsync(Delay(delay), (api, time) =>
                    new DelayCommand(api, output).RunAsync(ns, service, time, rest.FirstOrDefault(), stop));
                break;
            default:
                throw new ArgumentException(
                    "usage: load NAMESPACE SERVICE REQUESTS-PER-SECOND, or delay NAMESPACE SERVICE DELAY [POD], or nothing for the " +
                    "demonstration");
        }
    }

    /// <summary>The arguments are good by now: bad ones are reported without a cluster.</summary>
    private static async Task WithClusterAsync<T>(T argument, Func<ClusterApi, T, Task> run)
    {
        using var api = new ClusterApi(Kubeconfig());
        await run(api, argument);
    }

    private static double Rate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate is >= 1 and <= 1000
            ? rate
            : throw new ArgumentException($"REQUESTS-PER-SECOND \"{text}\" is not a number from 1 to 1000");

    private static TimeSpan Delay(string text) =>
        text.EndsWith("ms", StringComparison.Ordinal) &&
            int.TryParse(text[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds <= 60_000
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new ArgumentException($"DELAY \"{text}\" is not milliseconds up to a minute, as 500ms");

    /// <summary>The first file that KUBECONFIG names, else the user's default.</summary>
    private static string Kubeconfig()
    {
        var given = Environment.GetEnvironmentVariable("KUBECONFIG")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault();
        var path = given ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return File.Exists(path) ? path
            : throw new InvalidOperationException(
            $"There is no kubeconfig {path}: set KUBECONFIG, or bring up the test cluster (make cluster).");
    }
}
