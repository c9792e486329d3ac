using System.Text;
using Aviator.Agent.Steering.Closing;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering.Closing;

/// <summary>Where an exchange is over, and, above all, where that is not certain.</summary>
public sealed class HttpExchangeTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: web\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    public static TheoryData<string, string> Whole => new()
    {
        { Get, Ok },
        { Get, "HTTP/1.0 200\r\ncontent-length:0\r\n\r\n" },
        { Get, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Ok },
        { Get, "HTTP/1.1 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n" },
        { Get, "HTTP/1.1 204 No Content\r\n\r\n" },
        { Get, Chunked + "0\r\n\r\n" },
        { Get, Chunked + "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n" },
        { "HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" },
        { "HEAD / HTTP/1.1\r\n\r\n", Chunked },
        { "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", Ok },
        { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", Ok },
    };

    public static TheoryData<string, string> Uncertain => new()
    {
        { Get, "" },
        { Get, Ok + "x" },
        { Get, "HTTP/1.1 200 OK\r\n\r\n" },
        { Get, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok" },
        { Get, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok" },
        { Get, "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n" },
        { Get, "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok" },
        { Get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" },
        { Get, "HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok" },
        { Get, "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok" },
        { Get, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok" },
        { Get, "HTTP/1.1 101 Switching Protocols\r\n\r\n" },
        { Get, "HTTP/1.1 100 Continue\r\n\r\n" },
        { Get, "HTTP/2 200\r\ncontent-length: 0\r\n\r\n" },
        { Get, Get },
        { Get, Chunked + "0\r\nTrailer: 1\r\n\r\n" },
        { Get, Chunked + "zz\r\nhello\r\n0\r\n\r\n" },
        { Get, Chunked + "5\r\nhello!!0\r\n\r\n" },
        { Get + Get, Ok },
        { Get[..^2], Ok },
        { "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nbody", Ok },
        { "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nbody", Ok },
        { "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", Ok },
        { "CONNECT a:1 HTTP/1.1\r\n\r\n", Ok },
        { Ok, Ok },
        { "\u0016\u0003\u0001", Ok },
    };

    [Theory, MemberData(nameof(Whole))]
    public void IsOver_WholeExchange_IsOver_AndIsNotBeforeItsLastByte(string request, string answer)
    {
        Assert.True(IsOver(request, answer));
        for (var have = 0; have < answer.Length; have++) Assert.False(IsOver(request, answer[..have]), $"after {have} bytes");
    }

    [Theory, MemberData(nameof(Uncertain))]
    public void IsOver_Uncertain_IsNot(string request, string answer) => Assert.False(IsOver(request, answer));

    /// <summary>Of a long answer the first bytes are kept, and the last eight.</summary>
    [Theory]
    [InlineData("x\r\n0\r\n\r\n", true)]
    [InlineData("xx0\r\n\r\n", false)]
    [InlineData("\r\n0\r\n\r", false)]
    [InlineData("\r\n0\r\n\r\nx", false)]
    public void IsOver_LongAnswerInChunks_GoesByItsTail(string end, bool over)
    {
        var bytes = Encoding.ASCII.GetBytes(end.PadLeft(8, 'x')[^8..]);
        var exchanged = new ExchangedBytes(Get.Length, 70_000, BitConverter.ToUInt64(bytes));

        Assert.Equal(over, HttpExchange.IsOver(Encoding.ASCII.GetBytes(Get), Encoding.ASCII.GetBytes(Chunked + "11170\r\nxxx"), exchanged));
    }

    private static bool IsOver(string request, string answer) => HttpExchange.IsOver(
        Encoding.Latin1.GetBytes(request), Encoding.Latin1.GetBytes(answer), new(request.Length, answer.Length, 0));
}
