# A small server: counts its visitors in the database, and tells each their number.
use strict;
use warnings;
use IO::Socket::INET;

# One statement of SQL; what psql prints, or nothing when the database cannot be reached.
sub query {
    open(my $psql, '-|', 'psql', '--host=database', '--username=service', '--dbname=postgres', '--no-psqlrc', '--quiet',
        '--tuples-only', '--no-align', "--command=$_[0]") or return;
    my $answer = <$psql>;
    return close($psql) ? ($answer // '') : undef;
}

my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 64, ReuseAddr => 1) or die "listen: $!\n";
while (1) {
    my $client = $server->accept or next;
    # Who connects and says nothing is no visitor.
    next unless defined <$client>;
    # The head ends with an empty line.
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
    query('CREATE TABLE IF NOT EXISTS visit (number serial PRIMARY KEY, time timestamptz DEFAULT now())');
    my $number = query('INSERT INTO visit DEFAULT VALUES RETURNING number');
    my ($status, $text) = defined $number ? ('200 OK', "You are visitor $number") : ('503 Not yet', "no database\n");
    print $client "HTTP/1.0 $status\r\nContent-Type: text/plain\r\nContent-Length: ", length($text), "\r\n\r\n", $text;
    close($client);
}
