using System.Text.RegularExpressions;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Fixtures;

/// <summary>
/// The one line of plain kubectl that undoes everything, taken from docs/operations/emergency.md: what the document says is what is tested.
/// </summary>
internal static partial class EmergencyLine
{
    /// <summary>The line: the first code block of the document.</summary>
    public static string Read()
    {
        var line = Line().Match(File.ReadAllText(Path.Combine(AviatorProgram.Root, "docs", "operations", "emergency.md")));
        Assert.True(line.Success,
            "docs/operations/emergency.md does not begin with the emergency line: a code block of sh under the heading '# The emergency " +
            "line'.");
        var script = line.Groups[1].Value.Trim();
        Assert.DoesNotContain('\n', script);
        return script;
    }

    /// <summary>Runs the document's line for a Service.</summary>
    public static async Task RunAsync(ClusterApi api, string ns, string service, CancellationToken stop)
    {
        var command = $"export KUBECONFIG='{api.Kubeconfig}' NAMESPACE='{ns}' SERVICE='{service}'; {Read()}";
        (await Command.RunAsync(["bash", "-euo", "pipefail", "-c", command], cancellationToken: stop)).EnsureSuccess();
    }

    [GeneratedRegex(@"^# The emergency line\n(?:(?!^#).)*?^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Line();
}
