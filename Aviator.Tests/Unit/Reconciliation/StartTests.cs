using Aviator.Controller;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>What is wrong with the settings is said in sentences, all at once.</summary>
public sealed class StartTests
{
    [Fact]
    public void Options_Defaults_AreAccepted() => Assert.Equal(9464, Read([]).AgentPort);

    [Fact]
    public void Options_ManyFaults_AreAllNamedInOneGo()
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Read(new()
        {
            ["Aviator:Agents"] = "http://127.0.0.1:9464, foo",
            ["Aviator:Kubeconfig"] = "/does/not/exist",
            ["Aviator:AgentPort"] = "0",
            ["Aviator:Workers"] = "1000",
            ["Aviator:AgentTimeout"] = "01:00:00",
            ["Aviator:AgentSelector"] = "",
        }));
        var sentences = StartFaults.Explain(fault);
        Assert.Equal(6, sentences.Count);
        foreach (var name in (string[])["Agents", "Kubeconfig", "AgentPort", "Workers", "AgentTimeout", "AgentSelector"])
            Assert.Single(sentences, sentence => sentence.StartsWith($"Aviator:{name}:", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_UnknownSource_IsASentence()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => Read(new() { ["Aviator:Source"] = "guess" }));
        Assert.Contains("guess", Assert.Single(StartFaults.Explain(fault)), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_FaultOfTheProgram_IsNotHidden() => Assert.Empty(StartFaults.Explain(new InvalidOperationException("bug")));

    private static ControllerOptions Read(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddSingleton<IValidateOptions<ControllerOptions>, ControllerOptionsValidator>();
        services.AddOptions<ControllerOptions>().BindConfiguration(ControllerOptions.Section);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<ControllerOptions>>().Value;
    }
}
