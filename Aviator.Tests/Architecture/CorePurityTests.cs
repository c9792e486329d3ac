using Aviator.Controller.Core;
using Xunit;

namespace Aviator.Tests.Architecture;

/// <summary>
/// The decision core is pure: what it decides follows from its arguments alone. Held by a list of what it may refer to, so that anything new
/// (Kubernetes, Redis, HTTP, clocks, random numbers, threads, logging, files) has to be let in here, in the open.
/// </summary>
public sealed class CorePurityTests
{
    private const string Core = "Aviator.Controller.Core";

    private static readonly string[] AllowedNamespaces =
    [
        Core, "Aviator.Measurement.", "System.Collections.", "System.Linq.", "System.Globalization.", "System.Text.", "System.Runtime.CompilerServices.",
        "System.Numerics.", "System.Diagnostics.CodeAnalysis.", "System.CodeDom.Compiler.", "System.Runtime.InteropServices.InAttribute", "System.Security.Cryptography.SHA256", "System.Net.IPAddress", "System.Net.Sockets.AddressFamily",
    ];

    private static readonly string[] Forbidden =
    [
        "System.DateTime", "System.DateTimeOffset", "System.TimeProvider", "System.Random", "System.Environment", "System.Console", "System.Guid",
        "System.IServiceProvider", "System.Activator", "System.GC", "System.AppContext",
    ];

    [Fact]
    public void Core_AnyType_RefersToNothingImpure()
    {
        using var assembly = new IlReferences(typeof(PolicyDecision).Assembly.Location);
        var offences = assembly.Of(IsCore).SelectMany(type => type.Value.Where(name => !IsAllowed(name) && !IsGenerated(type.Key, name)).Select(name => $"{type.Key} refers to {name}"));
        Assert.True(!offences.Any(), string.Join(Environment.NewLine, offences));
    }

    [Theory]
    [InlineData("k8s.Models.V1Pod")]
    [InlineData("System.Net.Http.HttpClient")]
    [InlineData("Microsoft.Extensions.Logging.ILogger")]
    [InlineData("System.DateTime")]
    [InlineData("System.TimeProvider")]
    [InlineData("System.Random")]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.Diagnostics.Stopwatch")]
    [InlineData("System.IO.File")]
    [InlineData("Aviator.Controller.Kubernetes.ClusterView")]
    public void IsAllowed_ImpureType_IsRefused(string name) => Assert.False(IsAllowed(name));

    [Fact]
    public void IlReferences_RestOfTheController_SeesWhatTheCoreMayNotUse()
    {
        using var assembly = new IlReferences(typeof(PolicyDecision).Assembly.Location);
        var elsewhere = assembly.Of(space => !IsCore(space)).Values.SelectMany(names => names).ToHashSet();
        Assert.Contains("System.TimeProvider", elsewhere);
        Assert.Contains("System.Threading.Tasks.Task", elsewhere);
        Assert.Contains(elsewhere, name => name.StartsWith("k8s.", StringComparison.Ordinal));
    }

    /// <summary>Generated JSON code names the reflection types that its metadata could be asked for.</summary>
    private static bool IsGenerated(string type, string name) =>
        type.StartsWith($"{Core}.StoredStateJson", StringComparison.Ordinal) && name.StartsWith("System.Reflection.", StringComparison.Ordinal);

    private static bool IsCore(string space) => space == Core || space.StartsWith(Core + ".", StringComparison.Ordinal);

    private static bool IsAllowed(string name)
    {
        if (name.StartsWith(Core + ".", StringComparison.Ordinal) || name.StartsWith("<PrivateImplementationDetails>", StringComparison.Ordinal) || name.StartsWith('.')) return true;
        if (Array.Exists(AllowedNamespaces, space => name.StartsWith(space, StringComparison.Ordinal) && space != Core)) return true;
        return name.StartsWith("System.", StringComparison.Ordinal) && name.LastIndexOf('.') == "System".Length && !Forbidden.Contains(name);
    }
}
