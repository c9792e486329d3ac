using Aviator.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using Xunit;

namespace Aviator.Tests.Unit.State;

/// <summary>The connection string is read once and shown never.</summary>
public sealed class RedisConnectionStringTests
{
    private const string Secret = "s3cr3t-Pa55";

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Read_NotConfigured_IsNull(string? text) => Assert.Null(Read(text));

    [Fact]
    public void Read_AddressPasswordAndTls_AreTakenAndTheRestIsOurs()
    {
        var options = Read(
            $"redis.example:6380,user=aviator,password={Secret},ssl=true,abortConnect=true,allowAdmin=true,asyncTimeout=60000")!;

        Assert.Equal((Secret, "aviator", true), (options.Password, options.User, options.Ssl));
        Assert.Equal((false, false, (int)RedisLink.CallLimit.TotalMilliseconds),
            (options.AbortOnConnectFail, options.AllowAdmin, options.AsyncTimeout));
        Assert.Same(BacklogPolicy.FailFast, options.BacklogPolicy);
        Assert.Equal("test", options.ClientName);
    }

    [Fact]
    public void Read_AnyText_AsksTheServerForNothingThatOurUsersMayNot()
    {
        var options = Read("redis.example,tiebreaker=theirs,configChannel=theirs,setlib=true")!;

        Assert.Equal(("", "", false), (options.TieBreaker, options.ConfigurationChannel, options.SetClientLibrary));
        Assert.Equal("$CLUSTER=,$CONFIG=,$SUBSCRIBE=,$UNSUBSCRIBE=", options.CommandMap.ToString());
        Assert.Equal("$EVAL=RUN", Read("redis.example,$EVAL=RUN")!.CommandMap.ToString());
    }

    [Theory]
    [InlineData("redis://:" + Secret + "@host:6379")]
    [InlineData("host:6379,pasword=" + Secret)]
    [InlineData("host:6379,password=" + Secret + ",ssl=perhaps")]
    [InlineData("host:6379,connectTimeout=" + Secret)]
    [InlineData("password=" + Secret)]
    public void Read_CannotBeRead_SaysHowToWriteItAndShowsNothing(string text)
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Read(text));

        Assert.Contains("ConnectionStrings:redis", fault.Message, StringComparison.Ordinal);
        Assert.Contains("HOST:PORT", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
    }

    private static ConfigurationOptions? Read(string? text) => RedisConnectionString.Read(
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:redis"] = text }).Build(),
            "test");
}
