using System.Text;
using Aviator.Core.Decisions;
using Xunit;

namespace Aviator.Tests.Unit.State;

/// <summary>The stored form of a state is small, and what is no such form is none.</summary>
public sealed class PolicyStateFormTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(5);

    [Fact]
    public void Write_100EndpointsWithEverythingKnown_StaysBelow32KiB()
    {
        var stored = PolicyStateCodec.Write(Full(100), Now);
        TestContext.Current.TestOutputHelper?.WriteLine($"{stored.Length / 100} bytes an endpoint");

        Assert.InRange(stored.Length, 1, 32 << 10);
        Assert.NotNull(PolicyStateCodec.Read(stored, Now, out _));
    }

    [Theory]
    [InlineData("{\"v\":2,\"p\":{\"a\":null}}")]
    [InlineData("{\"v\":2,\"p\":{},\"r\":{\"\":{\"t\":{}},\"zone a\":null}}")]
    [InlineData("{\"v\":2,\"p\":{\"a\":{\"b\":{\"p\":77}}}}")]
    public void Read_HolesInIt_LeavesThemOut(string json)
    {
        var state = PolicyStateCodec.Read(Encoding.UTF8.GetBytes(json), Now, out _);
        Assert.All(state!.Endpoints.Values, record => Assert.Equal(BreakerPhase.Closed, record.Breaker.Phase));
    }

    [Fact]
    public void Read_DamagedForm_IsAStateOrNoneWithAReason()
    {
        var (whole, random) = (PolicyStateCodec.Write(Full(3), Now), new Random(5));
        for (var round = 0; round < 20_000; round++)
        {
            var changed = whole.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--) changed[random.Next(changed.Length)] = (byte)random.Next(32, 127);
            if (PolicyStateCodec.Read(changed.AsSpan(0, random.Next(10) == 0 ? random.Next(changed.Length) : changed.Length), Now,
                out var fault) is null) Assert.NotEmpty(fault);
        }
    }

    private static PolicyState Full(int endpoints)
    {
        var state = PolicyState.Initial with
        {
            LastEvaluation = Now,
            Domains = PolicyState.Initial.Domains.Add("", new()
            {
                Trial = new("uid", Now, Now + TimeSpan.FromSeconds(5)),
                TrialDebt = 1.25,
                TooFewSamples = true,
            }),
        };
        for (var i = 0; i < endpoints; i++)
            state = state with
            {
                Endpoints = state.Endpoints.With(new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString(), new EndpointRecord
                {
                    Admitted = true,
                    SilentSince = Now - TimeSpan.FromSeconds(2.3456),
                    CameSilent = 7,
                    Measured = true,
                    Verdict = new(TimeSpan.FromMilliseconds(12.345), TimeSpan.FromMilliseconds(812.345), 45_678,
                        Now - TimeSpan.FromSeconds(1.2345)),
                    Usual = TimeSpan.FromMilliseconds(11.2233),
                    EvidenceFrom = Now - TimeSpan.FromSeconds(33.4455),
                    Persisted = 2,
                    Slowness = new(Now - TimeSpan.FromSeconds(1.2345), 3, 12, 1, 4, 7),
                    Breaker = new(BreakerPhase.Open, 1, 2, Now + TimeSpan.FromSeconds(12.3456)),
                    Exploration = new(3, Now + TimeSpan.FromSeconds(4.5678), TimeSpan.FromMilliseconds(3.21)),
                }),
            };
        return state;
    }
}
