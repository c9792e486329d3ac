using Xunit.v3;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// Marks tests that stop or replace what all tests of a cluster share, agent and controller among it. They run one at a time and beside no
/// other: after all others where there is one cluster, and on a second one where eng/test.sh brings two up (it tells them by the trait).
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DisruptiveAttribute : Attribute, ICollectionAttribute, ITraitAttribute
{
    /// <summary>The collection.</summary>
    public string Name => DisruptiveTests.Name;

    /// <summary>The collection has a name, and no type.</summary>
    public Type? Type => null;

    /// <summary>What a filter finds them by: <c>-trait "Cluster=own"</c>.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Cluster", "own")];
}
