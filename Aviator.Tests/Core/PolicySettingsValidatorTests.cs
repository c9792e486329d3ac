using Aviator.Core.Decisions;
using Xunit;

namespace Aviator.Tests.Core;

public sealed class PolicySettingsValidatorTests
{
    [Fact]
    public void Validate_Defaults_FindsNothing() => Assert.Empty(PolicySettingsValidator.Validate(new PolicySettings()));

    [Fact]
    public void Validate_IntervalTooShort_NamesFieldValueAndRange()
    {
        var faults = PolicySettingsValidator.Validate(new PolicySettings { EvaluationInterval = TimeSpan.FromMilliseconds(50) });
        Assert.Equal(["spec.evaluationInterval: 50ms is below 100ms; use 100ms to 10m"], faults);
    }

    [Fact]
    public void Validate_ManyFaults_NamesEach()
    {
        var faults = PolicySettingsValidator.Validate(new PolicySettings
        {
            EvaluationInterval = TimeSpan.FromHours(1),
            Selection = new() { Mode = new FiveFoldSelection(), TopN = 0, Percentage = 101 },
            Measurement = new() { Window = TimeSpan.FromMinutes(2), MaxWindow = TimeSpan.FromMinutes(1), MinSamples = 1 },
            Safety = new() { MinEndpoints = 0, PanicThreshold = 101 },
        });
        Assert.Equal(
            ["evaluationInterval", "selection.mode", "selection.topN", "selection.percentage", "measurement.window",
                "measurement.minSamples", "safety.minEndpoints", "safety.panicThreshold"],
            faults.Select(fault => fault["spec.".Length..fault.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Contains("spec.evaluationInterval: 1h is above 10m; use 100ms to 10m", faults);
        Assert.Contains(
            "spec.measurement.window: 2m is above spec.measurement.maxWindow (1m); lower it, or set maxWindow to 2m or more", faults);
    }
}
