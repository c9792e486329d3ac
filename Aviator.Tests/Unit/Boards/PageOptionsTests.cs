using Aviator.Controller.Boards;
using Aviator.Controller.Leadership;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>The page's settings.</summary>
public sealed class PageOptionsTests
{
    [Fact]
    public async Task Page_WithoutSettings_IsOff_AndNothingOfItIsThere()
    {
        await using var services = Services([]);

        Assert.Null(services.GetService<BoardKeeper>());
        Assert.Empty(services.GetServices<IHostedService>());
    }

    [Fact]
    public async Task Page_Enabled_IsServed()
    {
        await using var services = Services(new() { ["Aviator:Page:Enabled"] = "true" });

        Assert.NotNull(services.GetService<BoardKeeper>());
        Assert.Contains(services.GetServices<IHostedService>(), service => service is PageServer);
    }

    [Theory]
    [InlineData(true, 0, false)]
    [InlineData(true, 65536, false)]
    [InlineData(true, 9467, true)]
    [InlineData(false, 0, true)]
    public void Port_OutOfRange_IsRefusedWhereItIsUsed(bool enabled, int port, bool isRight)
    {
        var result = new PageOptionsValidator().Validate(null, new() { Enabled = enabled, Port = port });

        Assert.Equal(isRight, result.Succeeded);
        if (!isRight) Assert.Equal($"Aviator:Page:Port: {port} is not 1 to 65535", result.FailureMessage);
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddSingleton(TimeProvider.System)
            .AddSingleton<ILeadership>(new SoleLeadership(TimeProvider.System)).AddBoard(configuration).BuildServiceProvider();
    }
}
