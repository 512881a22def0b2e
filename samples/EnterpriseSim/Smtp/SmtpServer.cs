using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Smtp;

/// <summary>Accepts mail on loopback; each connection has a session of its own.</summary>
internal sealed class SmtpServer : IAsyncDisposable
{
    private const int MostSessions = 100;
    private readonly TcpListener listener;
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim room = new(MostSessions);
    private readonly X509Certificate2 certificate;
    private readonly SmtpSystem system;
    private readonly SimWorld world;
    private readonly Task accepting;

    private SmtpServer(SmtpSystem system, SimWorld world, TcpListener listener)
    {
        (this.system, this.world, this.listener) = (system, world, listener);
        certificate = NewCertificate(world.Time.GetUtcNow());
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static SmtpServer Start(SmtpSystem system, SimWorld world, int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new IOException($"The port {port.Plain()} of the simulated mail server is taken.", e);
        }

        return new SmtpServer(system, world, listener);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        for (var i = 0; i < MostSessions; i++)
        {
            // A session gives its place back when it ends; all have ended when all places are free.
            await room.WaitAsync();
        }

        listener.Dispose();
        certificate.Dispose();
        room.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await room.WaitAsync(stop.Token);
                TcpClient client;
                try
                {
                    client = await listener.AcceptTcpClientAsync(stop.Token);
                }
                catch
                {
                    room.Release();
                    throw;
                }

                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server stops.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await using var session = new SmtpSession(client.GetStream(), system, world, certificate);
                await session.RunAsync(stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client is gone, or the server stops.
        }
        finally
        {
            room.Release();
        }
    }

    private static X509Certificate2 NewCertificate(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
    }
}
