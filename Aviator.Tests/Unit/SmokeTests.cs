using Xunit;

namespace Aviator.Tests.Unit;

public sealed class SmokeTests
{
    [Fact]
    public void Assemblies_Loaded_HaveTheSameVersion() =>
        Assert.Equal(typeof(Aviator.Core.Measurement.LatencyHistogram).Assembly.GetName().Version,
            typeof(Aviator.Core.Decisions.Decision).Assembly.GetName().Version);
}
