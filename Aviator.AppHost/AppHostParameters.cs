using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Aviator.AppHost;

/// <summary>
/// What can be set, under the names and in the places that Aspire uses for its parameters: section <c>Parameters</c> of the configuration,
/// so <c>Parameters__rate=100</c> in the environment or <c>--Parameters:rate=100</c> on the command line, whichever host runs.
/// </summary>
internal sealed record AppHostParameters
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Parameters";

    /// <summary>Namespace of the demonstration workload, and the only one that controller and watchdog work in.</summary>
    public string Namespace { get; init; } = "aviator-demo";

    /// <summary>Requests a second of the load generator, each on a new connection; 1 to 1000.</summary>
    public double Rate { get; init; } = 50;

    /// <summary>Where latencies come from: <c>auto</c>, <c>ebpf</c> or <c>probe</c>; without one <c>auto</c> for root, <c>probe</c> for anybody else.</summary>
    public string Source { get; init; } = Environment.IsPrivilegedProcess ? "auto" : "probe";

    /// <summary>The node whose pods are measured; without one the first of the cluster.</summary>
    public string? Node { get; init; }

    /// <summary>Which cluster: <c>current</c> is that of the kubeconfig in use, <c>test</c> that of eng/cluster, which is brought up when it is down.</summary>
    public string Cluster { get; init; } = "current";

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ArgumentException">Something is not acceptable; the message names the parameter and what it may be.</exception>
    public static AppHostParameters From(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var unset = new AppHostParameters();
        return new AppHostParameters
        {
            Namespace = Given("namespace") is { } ns ? Checked("namespace", ns, IsNamespace, "a namespace's name: lower-case letters, digits and -, at most 63") : unset.Namespace,
            Rate = Given("rate") is { } rate ? Number("rate", rate, 1, 1000) : unset.Rate,
            Source = Given("source") is { } source ? OneOf("source", source, "auto", "ebpf", "probe") : unset.Source,
            Node = Given("node"),
            Cluster = Given("cluster") is { } cluster ? OneOf("cluster", cluster, "current", "test") : unset.Cluster,
        };

        string? Given(string name) => section[name] is { Length: > 0 } value ? value : null;
    }

    private static bool IsNamespace(string value) =>
        value.Length <= 63 && value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && value[0] != '-' && value[^1] != '-';

    private static double Number(string name, string value, double least, double most) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Fault(name, value, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

    private static string OneOf(string name, string value, params string[] known) => Checked(name, value, known.Contains, string.Join(", ", known));

    private static string Checked(string name, string value, Func<string, bool> isGood, string expected) => isGood(value) ? value : throw Fault(name, value, expected);

    private static ArgumentException Fault(string name, string value, string expected) => new($"Parameters:{name}: \"{value}\" is not {expected}");
}
