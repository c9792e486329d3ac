using Aviator.Core.Decisions;

namespace Aviator.Simulation;

/// <summary>A Service, what happens to it, and how long that is watched.</summary>
/// <param name="Name">As the report and the document name it.</param>
/// <param name="Description">The Service and what happens when.</param>
internal sealed record ScenarioDefinition(string Name, string Description)
{
    /// <summary>Its name as that of a file.</summary>
    public string FileName =>
        string.Concat(Name.Where(letter => letter == ' ' || char.IsAsciiLetterOrDigit(letter))).Trim().Replace(' ', '-');

    /// <summary>The policy, whose mode each arm replaces.</summary>
    public PolicySettings Policy { get; init; } = Scenario.Policy(5);

    /// <summary>The pods at the start.</summary>
    public required Func<IEnumerable<SimulatedPod>> Pods { get; init; }

    /// <summary>Requests per second at the start.</summary>
    public required double Rate { get; init; }

    /// <summary>Clients, in each zone.</summary>
    public int Clients { get; init; } = 4;

    /// <summary>Seconds after which clients give up.</summary>
    public double ClientTimeout { get; init; } = double.PositiveInfinity;

    /// <summary>Seconds between two reports of the agents.</summary>
    public double SubWindow { get; init; } = 1;

    /// <summary>Seconds before anything happens; the second half says what the undisturbed p99 is.</summary>
    public double Before { get; init; } = 80;

    /// <summary>What happens then; nothing when null.</summary>
    public Action<Simulator>? Disturb { get; init; }

    /// <summary>Seconds between that and the measurement: above 0 for what a steady state is like.</summary>
    public double Settle { get; init; }

    /// <summary>Seconds that are measured, or those at the end of <see cref="Play"/>.</summary>
    public double Measured { get; init; } = 120;

    /// <summary>What happens while it is measured; nothing when null.</summary>
    public Action<Simulator>? Play { get; init; }

    /// <summary>How time passes where pods change all the time; null where they do not. Makes it for one run.</summary>
    public Func<Random, Action<Simulator, double>>? Weather { get; init; }

    /// <summary>Nothing changes while it is measured.</summary>
    public bool IsSteady => Play is null && (Settle > 0 || Disturb is null);

    /// <summary>Runs one arm.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="seed">Of every random number; the traffic is the same for all arms.</param>
    /// <param name="undisturbed">The undisturbed p99 to compare with; null takes that of this arm.</param>
    public RunFigures Run(Arm arm, int seed, double? undisturbed = null)
    {
        var balancer = arm.Balancer?.Invoke(new Random(seed ^ 0x1F123BB5));
        var simulator = new Simulator(arm.Settings(Policy), Pods(), Rate, seed, SubWindow, balancer)
        {
            Clients = Clients,
            ClientTimeout = ClientTimeout,
        };
        var pass = Weather?.Invoke(new Random(seed ^ 0x3C6EF372)) ?? ((running, seconds) => running.Run(seconds));
        pass(simulator, Before / 2);
        simulator.Mark();
        pass(simulator, Before / 2);
        undisturbed ??= simulator.Percentile(0.99);
        Disturb?.Invoke(simulator);
        if (Settle > 0) pass(simulator, Settle);
        simulator.Mark();
        Play?.Invoke(simulator);
        pass(simulator, Measured);
        return RunFigures.Of(simulator, undisturbed.Value);
    }
}
