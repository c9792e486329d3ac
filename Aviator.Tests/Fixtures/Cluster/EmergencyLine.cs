using System.Text.RegularExpressions;
using Aviator.Demo.Kubernetes;
using Aviator.Demo.Processes;
using Xunit;

namespace Aviator.Tests.Fixtures.Cluster;

/// <summary>The one line of plain kubectl that undoes everything, taken from the README: what users are told is what is tested.</summary>
internal static partial class EmergencyLine
{
    /// <summary>Runs the README's line for a Service.</summary>
    public static async Task RunAsync(ClusterApi api, string ns, string service, CancellationToken stop)
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(AviatorProgram.Root, "README.md"), stop);
        var line = Line().Match(readme);
        Assert.True(line.Success, "The README has no emergency line: a code block after the words 'emergency line'.");
        var script = line.Groups[1].Value.Trim();
        Assert.DoesNotContain('\n', script);
        var command = $"export KUBECONFIG='{api.Kubeconfig}' NAMESPACE='{ns}' SERVICE='{service}'; {script}";
        (await Command.RunAsync(["bash", "-euo", "pipefail", "-c", command], cancellationToken: stop)).EnsureSuccess();
    }

    [GeneratedRegex(@"emergency line.*?```(?:sh|bash)?\n(.*?)```", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Line();
}
