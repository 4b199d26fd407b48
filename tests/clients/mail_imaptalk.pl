# What a script with Mail::IMAPTalk does: give it host, port, name and password; it says what it found, line by line.
use strict;
use warnings;
$| = 1;
use Mail::IMAPTalk;

my ($host, $port, $user, $password) = @ARGV;
my $imap = Mail::IMAPTalk->new(
    Server => $host, Port => $port, Username => $user, Password => $password, Uid => 1,
    UseSSL => 0, PreserveINBOX => 1,
) or die "login: $@";

sub say_it { print join(' ', map { defined $_ ? $_ : 'undef' } @_), "\n" }
sub sure { my ($what, $value) = @_; die "$what: $@ " . ($imap->get_last_error // '') unless defined $value; $value }

say_it('capable', $imap->capability->{'condstore'} ? 1 : 0, $imap->capability->{'metadata'} ? 1 : 0);
my @sent = grep { grep { lc $_ eq '\sent' } @{ $_->[0] } } $imap->list('', '*');
say_it('special', map { $_->[2] } @sent);
sure('select', $imap->select('INBOX'));
say_it('exists', $imap->get_response_code('exists'), 'uidnext', $imap->get_response_code('uidnext') > 0 ? 1 : 0);
my @uids = $imap->search('not', 'deleted');
my $uids = join(',', @uids);
my $fetched = sure('fetch', $imap->fetch($uids, '(uid flags envelope bodystructure rfc822.size)'));
say_it('subjects', sort map { $_->{envelope}{Subject} } values %$fetched);
say_it('types', sort map { $_->{bodystructure}{'MIME-TxtType'} } values %$fetched);
my $headers = sure('headers', $imap->fetch($uids[0], '(body.peek[header.fields (subject message-id)])'));
say_it('fields', sort keys %{ $headers->{ $uids[0] }{headers} });
say_it('sorted', scalar(my @sorted = $imap->sort('(reverse date subject)', 'utf-8', 'all')));
say_it('threads', scalar(my @threads = $imap->thread('references', 'utf-8', 'all')));
sure('store', $imap->store($uids, '+flags', '(\\answered $Done)'));
sure('create', $imap->create('Th&AbA-'));
sure('copy', $imap->copy($uids, 'Th&AbA-'));
say_it('status', sure('status', $imap->status('Th&AbA-', '(messages unseen uidvalidity)'))->{messages});
say_it('append', sure('append', $imap->append('Th&AbA-', '(\\Seen)', { 'Literal' => "Subject: x\r\n\r\ny\r\n" })) ? 'done' : 'failed');
say_it('many', map { $_->{messages} } values %{ sure('multistatus', $imap->multistatus('(messages)', 'Th&AbA-')) });
sure('setmetadata', $imap->setmetadata('INBOX', '/private/comment', 'mine'));
say_it('metadata', sure('getmetadata', $imap->getmetadata('INBOX', '/private/comment'))->{INBOX}{'/private/comment'});
say_it('acl', sure('getacl', $imap->getacl('INBOX')));
say_it('rights', sure('myrights', ($imap->myrights('INBOX'))[-1]));
sure('expunge', $imap->store($uids, '+flags', '(\\deleted)') && $imap->expunge);
say_it('left', scalar(my @left = $imap->search('all')));
sure('unselect', $imap->unselect);
sure('delete', $imap->delete('Th&AbA-'));
$imap->logout;
say_it('end');
