using Xunit;

namespace Aviator.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Assemblies_Loaded_HaveTheSameVersion() =>
        Assert.Equal(typeof(Aviator.Measurement.LatencyHistogram).Assembly.GetName().Version, typeof(Aviator.Controller.Core.Decision).Assembly.GetName().Version);
}
