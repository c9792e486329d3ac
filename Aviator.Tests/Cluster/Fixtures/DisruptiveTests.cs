using Xunit;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>The collection of the tests that are <see cref="DisruptiveAttribute"/>.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DisruptiveTests
{
    internal const string Name = "Disruptive";
}
