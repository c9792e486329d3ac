using System.Net;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

/// <summary>What is made of a server's refusal: whether to wait, and whether asking again is of any use.</summary>
public sealed class ApiExceptionTests
{
    [Theory]
    [InlineData(429, "7", "{}", 7.0, true)]
    [InlineData(429, null, """{"details":{"retryAfterSeconds":3}}""", 3.0, true)]
    [InlineData(503, "2", "no JSON", 2.0, true)]
    [InlineData(503, "3600", "{}", 30.0, true)]
    [InlineData(429, null, "{}", null, true)]
    [InlineData(500, null, "{}", null, false)]
    [InlineData(403, "5", "{}", 5.0, false)]
    public async Task Send_RefusedWithATimeToWait_SaysHowLong(int status, string? header, string body, double? seconds, bool busy)
    {
        var script = new ScriptedAnswers().Then(context =>
        {
            context.Response.StatusCode = status;
            if (header is not null) context.Response.Headers.RetryAfter = header;
            return context.Response.WriteAsync(body);
        });
        await using var server = await FakeApiServer.StartAsync(script);

        var refusal = await Assert.ThrowsAsync<ApiException>(() =>
            server.Connect().SendAsync(HttpMethod.Get, "api", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal((seconds, busy), (refusal.RetryAfter?.TotalSeconds, refusal.IsBusy));
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "admission webhook \"guard\" denied the request: no", true)]
    [InlineData(HttpStatusCode.UnprocessableEntity, "ValidatingAdmissionPolicy 'guard' denied request: no", true)]
    [InlineData(HttpStatusCode.BadRequest, "admission webhook \"guard\" denied the request: no", true)]
    [InlineData(HttpStatusCode.Forbidden, "unable to create new content in namespace shop because it is being terminated", false)]
    [InlineData(HttpStatusCode.Conflict, "the object has been modified", false)]
    [InlineData(HttpStatusCode.InternalServerError, "etcd", false)]
    [InlineData(HttpStatusCode.TooManyRequests, "too many requests", false)]
    public void IsRefusal_WhatAskingAgainAtOnceWillNotChange(HttpStatusCode status, string message, bool refusal) =>
        Assert.Equal(refusal, new ApiException(status, null, message).IsRefusal);
}
