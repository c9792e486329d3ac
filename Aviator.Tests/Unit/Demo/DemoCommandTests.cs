using Aviator.Demo.Commands;
using Xunit;

namespace Aviator.Tests.Unit.Demo;

public sealed class DemoCommandTests
{
    [Theory]
    [InlineData("usage:", "dance")]
    [InlineData("usage:", "load", "ns")]
    [InlineData("usage:", "delay", "ns", "svc", "5ms", "pod", "more")]
    [InlineData("REQUESTS-PER-SECOND \"lots\"", "load", "ns", "svc", "lots")]
    [InlineData("DELAY \"5s\"", "delay", "ns", "svc", "5s")]
    public async Task Run_BadArguments_SaysWhichAndWhatTheyMayBe(string expected, params string[] args)
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(() =>
            DemoCommand.RunAsync(args, TextWriter.Null, TestContext.Current.CancellationToken));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }
}
