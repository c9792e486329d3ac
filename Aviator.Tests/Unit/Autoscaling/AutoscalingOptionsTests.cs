using Aviator.Controller.Autoscaling;
using Aviator.Controller.Leadership;
using Aviator.Kubernetes;
using k8s;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>Settings that cannot be meant are named before anything runs.</summary>
public sealed class AutoscalingOptionsTests
{
    private readonly AutoscalingOptionsValidator _validator = new();

    [Fact]
    public void Validate_Off_AsksForNothing() =>
        Assert.True(_validator.Validate(null, new() { Port = 0, CertificateFile = "/nowhere" }).Succeeded);

    [Fact]
    public void Validate_FaultySettings_NamesEach()
    {
        var result = _validator.Validate(
            null, new() { Enabled = true, Port = 70000, CertificateFile = "/nowhere/tls.crt", Address = "here" });
        Assert.Equal(
            [
                "Aviator:Autoscaling:Port: 70000 is not 1 to 65535",
                "Aviator:Autoscaling:CertificateFile: there is no file /nowhere/tls.crt",
                "Aviator:Autoscaling:KeyFile: is empty; name a PEM file",
                "Aviator:Autoscaling:Address: \"here\" is not an IP address",
            ], result.Failures);
    }

    [Fact]
    public async Task Figures_AreOffByDefault_AndThenNoneIsKept()
    {
        await using var services = Services([]);
        Assert.Null(services.GetService<FigureKeeper>());
        Assert.Empty(services.GetServices<IHostedService>());
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("10.0.0.7", true)]
    public async Task Figures_Enabled_AreServed_AndPublishedWhereTheAddressIsKnown(string? address, bool isPublished)
    {
        await using var services = Services(new()
        {
            ["Aviator:Autoscaling:Enabled"] = "true",
            ["Aviator:Autoscaling:CertificateFile"] = File,
            ["Aviator:Autoscaling:KeyFile"] = File,
            ["Aviator:Autoscaling:Address"] = address,
            ["Aviator:Autoscaling:ServiceNamespace"] = "aviator-system",
        });
        Assert.NotNull(services.GetService<FigureKeeper>());
        var hosted = services.GetServices<IHostedService>().ToList();
        Assert.Contains(hosted, service => service is AutoscalingServer);
        Assert.Contains(hosted, service => service is FrontProxySource);
        Assert.Equal(isPublished, hosted.Exists(service => service is LeaderEndpoint));
    }

    [Fact]
    public void Validate_FilesThatAreThere_Suffice()
    {
        var options = new AutoscalingOptions { Enabled = true, CertificateFile = File, KeyFile = File, Address = "fd00::1" };
        Assert.True(_validator.Validate(null, options).Succeeded);
    }

    private static string File => typeof(AutoscalingOptionsTests).Assembly.Location;

    private static ServiceProvider Services(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var client = new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "http://127.0.0.1:1" });
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddSingleton(TimeProvider.System)
            .AddSingleton(client).AddSingleton(new ApiConnection(client, TimeProvider.System))
            .AddSingleton<ILeadership>(new SoleLeadership(TimeProvider.System)).AddAutoscaling(configuration).BuildServiceProvider();
    }
}
